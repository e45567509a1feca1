"""Runs one command for as long as its owner lives, then clears up: `guard.py OWNER USER DIR -- COMMAND...`.

A test run may be killed at any moment, and a server left behind would hold its port and its memory for
ever. The guard outlives both, kills the server when its owner is gone, and removes DIR unless it is `-`.
Whatever it is told, it removes nothing but a directory for temporary files.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(owner: int, user: str, directory: str, command: list[str]) -> None:
    owner_handle = os.pidfd_open(owner)
    as_user = {"user": user, "group": user, "extra_groups": []} if user != "-" else {}
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        **as_user,
    )
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()

    ended, _, _ = select.select([owner_handle, os.pidfd_open(server.pid)], [], [])
    if owner_handle not in ended:
        sys.exit(server.wait())
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    if directory != "-" and Path(tempfile.gettempdir()) in Path(directory).resolve().parents:
        shutil.rmtree(Path(directory), ignore_errors=True)


if __name__ == "__main__":
    separator = sys.argv.index("--")
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[separator + 1 :])
