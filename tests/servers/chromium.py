"""A Chromium for the browser tests."""

import os
import shutil

from tests.servers import debian
from tests.servers.processes import ServerMissing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Path of a Chromium: TEST_CHROMIUM, an installed one, else Debian's package."""
    named = os.environ.get("TEST_CHROMIUM")
    if named:
        return named
    return _installed() or _install()


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> str:
    debian.install("chromium", needed_for="Chromium")
    path = _installed()
    if path is None:
        raise ServerMissing("The package chromium was installed, but there is no chromium.")
    return path
