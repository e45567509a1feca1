"""Server processes that end with their owner, and the small things around them."""

import fcntl
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

GUARD = Path(__file__).with_name("guard.py")
PORTS = Path(tempfile.gettempdir()) / f"stammkunde-ports-{os.getuid()}"
_claims: list[TextIO] = []
"""Locked files in PORTS. Another process that looks for a port finds these taken before anybody listens."""


class ServerMissing(Exception):
    """No rung of the ladder holds; the text says what to install."""


class Guarded:
    """One server process. It dies with `owner`, also if that one is killed."""

    def __init__(
        self,
        command: list[str],
        *,
        directory: Path,
        log: Path,
        environment: dict[str, str] | None = None,
        user: str | None = None,
        owner: int | None = None,
        temporary: bool = False,
    ) -> None:
        """`directory` is where it works; with `temporary` it goes when the owner has died."""
        self.log = log
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [
                    sys.executable,
                    "-S",
                    str(GUARD),
                    str(owner or os.getpid()),
                    user or "-",
                    str(directory) if temporary else "-",
                    "--",
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=directory,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        line = self._guard.stdout.readline()
        self._guard.stdout.close()
        if not line.strip():
            raise ServerMissing(f"{command[0]} did not start:\n{self.tail()}")
        self.pid = int(line)

    def running(self) -> bool:
        return self._guard.poll() is None

    def kill(self) -> None:
        """As a power cut does it: nothing is flushed, nobody is told."""
        self._signal(signal.SIGKILL)
        self._guard.wait(30)

    def stop(self, how: signal.Signals, within: float = 30) -> None:
        self._signal(how)
        try:
            self._guard.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, how: signal.Signals) -> None:
        try:
            if how is signal.SIGKILL:
                os.killpg(self.pid, how)
            else:
                os.kill(self.pid, how)
        except ProcessLookupError:
            pass

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port nobody listens on, and which no other process of ours is given as long as this one lives.

    It lies below the range from which outgoing connections take theirs.
    """
    PORTS.mkdir(exist_ok=True)
    for port in random.SystemRandom().sample(range(20_000, 30_000), 500):
        claim = (PORTS / str(port)).open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
    raise ServerMissing("There is no free port between 20000 and 30000.")


def answers(port: int, host: str = "127.0.0.1", timeout: float = 0.5) -> bool:
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def wait_until(
    ready: Callable[[], bool], what: str, *, within: float = 60, server: Guarded | None = None
) -> None:
    end = time.monotonic() + within
    while not ready():
        if server is not None and not server.running():
            raise ServerMissing(f"{what} ended at once:\n{server.tail()}")
        if time.monotonic() > end:
            told = f":\n{server.tail()}" if server else "."
            raise ServerMissing(f"{what} did not answer within {within:.0f} s{told}")
        time.sleep(0.05)


@contextmanager
def own_directory(name: str) -> Iterator[Path]:
    """A directory for a server's data; short, because a Unix socket's path may have 107 characters."""
    directory = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    try:
        yield directory
    finally:
        subprocess.run(["rm", "-rf", str(directory)], check=False)
