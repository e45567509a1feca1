"""The child: a workbook on stdin; on stdout a line of JSON that says what it is, then its rows, gzipped."""

from __future__ import annotations

import signal
import sys
import zlib

import msgspec
from python_calamine import CalamineSheet

from services.importer.spreadsheets.limits import NO_MEMORY, TOO_TIGHT, Limits, take_on
from services.importer.spreadsheets.package import MOST_RATIO, SMALL
from services.importer.spreadsheets.refusal import Refused
from services.importer.spreadsheets.workbook import Workbook

BLOCK = 1 << 17
LONGEST_ROW = 1_048_576
MOST_SHOWN = 1_000
SHOWN = 200
QUICK = 1
"""Of zlib's levels."""


def main() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    wanted: str | None = msgspec.json.decode(sys.argv[2])
    take_on(limits)
    try:
        _convert(sys.stdin.buffer.read(), limits, wanted)
    except Refused as refused:
        _say({"reason": refused.reason, "facts": refused.facts})
    except MemoryError:
        sys.exit(NO_MEMORY)


def _convert(content: bytes, limits: Limits, wanted: str | None) -> None:
    book = Workbook(content, limits.unpacked_mb)
    opened = book.open(wanted)
    sheets = [
        {"name": name, "hidden": hidden, "rows": _height(opened, name)}
        for name, hidden in book.sheets
    ]
    if opened is None:
        raise Refused("nothing_in_it")
    name, sheet = opened
    _say({"format": book.kind, "sheet": name, "width": sheet.width, "sheets": sheets})
    encode = msgspec.json.Encoder().encode
    packer = zlib.compressobj(QUICK, wbits=31)
    lines: list[bytes] = []
    size = written = 0
    for row in book.rows(name, sheet):
        lines.append(encode(_bounded(row)))
        size += len(lines[-1])
        if size > BLOCK:
            _write(packer.compress(b"\n".join(lines) + b"\n"))
            written += size
            lines, size = [], 0
        if written > SMALL + MOST_RATIO * book.size:
            # One row that says to stand there a million times is packed, too.
            sys.exit(TOO_TIGHT)
    if lines:
        _write(packer.compress(b"\n".join(lines) + b"\n"))
    _write(packer.flush())


def _bounded(row: list[int | str]) -> list[int | str]:
    """A row that is too long for anybody goes on with its beginning, and a negative number that says so."""
    if sum(len(str(cell)) for cell in row) <= LONGEST_ROW:
        return row
    return [-int(row[0]), *(str(cell)[:SHOWN] for cell in row[1:MOST_SHOWN])]


def _height(opened: tuple[str, CalamineSheet] | None, name: str) -> int | None:
    """Rows down to the last one with a cell; known of the sheet that was opened."""
    if opened is None or opened[0] != name or opened[1].end is None:
        return None
    return opened[1].end[0] + 1


def _say(what: dict[str, object]) -> None:
    _write(msgspec.json.encode(what) + b"\n")


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


main()
