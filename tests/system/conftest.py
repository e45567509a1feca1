"""Fixtures of tests in a real browser: each module has a system and a browser of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.system.site import ARGUMENTS, DESK, PHONE, Site, Visitor, visiting


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.process.kill()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Somebody of the staff at a desk, signed in."""
    with visiting(browser, site, DESK) as visitor:
        visitor.sign_in()
        yield visitor


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Somebody of the staff with a telephone, signed in."""
    with visiting(browser, site, PHONE) as visitor:
        visitor.sign_in()
        yield visitor
