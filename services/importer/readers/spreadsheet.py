"""Having a spreadsheet read by a child process, one at a time on this machine.

The child gets the file through a pipe and gives back what it is and its rows, written down as text; this
process only passes bytes along. Whatever the file does to the child, here it is an error with a reason.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec
import structlog

from services.importer.readers.refusals import refusal
from services.importer.spreadsheets.limits import MIB, NO_MEMORY, TOO_TIGHT, Limits
from services.importer.spreadsheets.package import MOST_RATIO
from shared.errors import Text, Unavailable

ROOT = Path(__file__).parents[3]
MODULE = "services.importer.spreadsheets"
ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")
"""What the child knows of ours: where things are, but no addresses and no secrets."""

IN_MEMORY = 4 * MIB
BLOCK = 1 << 18
LONGEST_HEADER = 4 * MIB
LAST_WORDS = 300
TURN_S = 20.0
GRACE_S = 3.0
"""A turn, and then the longest reading, end before whoever passed the request on gives up (120 s)."""
BUSY = Text("The reader of spreadsheets", de="Das Lesen von Tabellen")

_SLOW = frozenset({signal.SIGXCPU, signal.SIGALRM})
_STARVED = frozenset({signal.SIGABRT, signal.SIGKILL})
"""Native code gives up, or the machine ends the process that takes most."""

log = structlog.get_logger(__name__)


class SheetInfo(msgspec.Struct):
    name: str
    hidden: bool
    rows: int | None


class Header(msgspec.Struct):
    """The child's first line."""

    format: str = ""
    sheet: str = ""
    width: int = 0
    sheets: list[SheetInfo] = []
    reason: str | None = None
    facts: dict[str, str | int | list[str]] = {}


class Written:
    """A sheet as it was written down. `open` gives its rows for `SheetRows`, from the beginning."""

    def __init__(self, header: Header, rows: IO[bytes]) -> None:
        self.format = header.format
        self.sheet = header.sheet
        self.sheets = header.sheets
        self.width = header.width
        self._rows = rows

    def open(self) -> BinaryIO:
        self._rows.seek(0)
        return cast(BinaryIO, _Kept(self._rows))


class _Kept:
    """A view of a file that stays open when the view is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read

    def __enter__(self) -> _Kept:
        return self

    def __exit__(self, *_: object) -> None: ...


def read_spreadsheet(
    open_stream: Callable[[], BinaryIO], filename: str, limits: Limits, *, sheet: str | None
) -> Written:
    """Return a sheet's rows: of the one named, or the first visible one with something in it.

    Raises the errors of `refusals`, and Unavailable if others are read for too long.
    """
    rows = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (it lives as long as what is returned)
    with _turn(), open_stream() as stream:
        child = _Child(limits, sheet, rows)
        child.feed(stream)
        header, ended, reason = child.end()
        said = child.last_words()
    if header is not None and header.reason:
        raise refusal(header.reason, filename, header.facts)
    if header is None or ended != 0:
        reason = reason or _why(ended)
        log.warning("a spreadsheet was not read", reason=reason, ended=ended, said=said)
        raise refusal(reason, filename, {"limit": _limit(reason, limits)})
    return Written(header, rows)


class _Child:
    """One run. Its answer is read by a thread, so that neither side waits for the other forever."""

    def __init__(self, limits: Limits, sheet: str | None, rows: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", MODULE,
                msgspec.json.encode(limits).decode(), msgspec.json.encode(sheet).decode(),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        )  # fmt: skip
        self._rows = rows
        self._most = limits.unpacked_mb * MIB
        self._header: Header | None = None
        self._killed_for: str | None = None
        self._error: OSError | None = None
        self._timer = threading.Timer(limits.patience_s + GRACE_S, self._kill, ("too_slow",))
        self._timer.start()
        self._reader = threading.Thread(target=self._read, name="spreadsheet")
        self._reader.start()

    def feed(self, stream: BinaryIO) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as pipe:
                shutil.copyfileobj(stream, pipe, BLOCK)
        except BrokenPipeError:
            pass  # it has seen enough, or has died: the answer tells
        except BaseException:
            self._process.kill()
            self.end()
            raise

    def end(self) -> tuple[Header | None, int, str | None]:
        """Wait for the end. Returns what the child said, its exit code, and why it was killed if it was."""
        self._reader.join()
        ended = self._process.wait()
        self._timer.cancel()
        if self._error is not None:
            raise self._error  # no room for the rows
        return self._header, ended, self._killed_for

    def last_words(self) -> str:
        """Return what the child complained of."""
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            return pipe.read().decode("utf-8", "replace")[-LAST_WORDS:]

    def _kill(self, reason: str) -> None:
        self._killed_for = reason
        self._process.kill()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            try:
                self._header = msgspec.json.decode(pipe.readline(LONGEST_HEADER), type=Header)
                while block := pipe.read(BLOCK):
                    self._rows.write(block)
                    if self._rows.tell() > self._most:
                        self._kill("unpacks_too_large")
            except msgspec.DecodeError:
                self._header = None
                self._process.kill()
            except OSError as error:
                self._error = error
                self._process.kill()


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until no other thread or process of this machine has a spreadsheet read: memory is for one."""
    end = time.monotonic() + TURN_S
    with Path(__file__).open("rb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Unavailable(what=BUSY, retry_after=30) from None
                time.sleep(0.05)
        yield


def _why(ended: int) -> str:
    if ended == NO_MEMORY or -ended in _STARVED:
        return "too_much_memory"
    if ended == TOO_TIGHT:
        return "packed_too_tight"
    return "too_slow" if -ended in _SLOW else "damaged"


def _limit(reason: str, limits: Limits) -> int:
    return {
        "too_much_memory": limits.memory_mb,
        "too_slow": limits.seconds,
        "unpacks_too_large": limits.unpacked_mb,
        "packed_too_tight": MOST_RATIO,
    }.get(reason, 0)
