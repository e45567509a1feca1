"""The last rung: Debian's packages, where this process may install them."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.processes import ServerMissing

POLICY = Path("/usr/sbin/policy-rc.d")


def install(*packages: str, needed_for: str) -> None:
    """Install without starting anything. Raises ServerMissing with what a person has to do."""
    wanted = " ".join(packages)
    advice = (
        f"{needed_for} is needed and was not found: not by an environment variable, not on localhost, "
        f"not in Docker, not installed.\nInstall it (Debian: apt-get install {wanted}), start Docker, "
        f"or set TEST_DATABASE_URL / TEST_BROKER_URL."
    )
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerMissing(advice)
    print(f"Installing {wanted} for the tests ...", flush=True)
    # Debian starts a service with its package. 101 means: not here.
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise ServerMissing(f"{advice}\napt-get said:\n{done.stderr[-2000:]}")
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)
