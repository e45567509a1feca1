"""The rows of a sheet as they were written down when the file came: gzipped JSON lines.

Each line is a row that has something in it: its number in the sheet, then its cells as text. The number is
negative if the row was too long and is only good for showing.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from services.importer.readers.faults import CELL_TOO_LONG, CONTROL, LINE_TOO_LONG
from services.importer.readers.refusals import SpreadsheetDamaged
from services.importer.readers.table import LONGEST_CELL, Row
from shared.values import has_control_characters

LONGEST_LINE = 16 * 1024 * 1024
_decode: Callable[[bytes], Any] = msgspec.json.Decoder(list[int | str]).decode


class SheetRows:
    """With `width` rows are padded to it."""

    def __init__(self, open_rows: Callable[[], BinaryIO], *, width: int | None = None) -> None:
        self._open = open_rows
        self._width = width

    def rows(self) -> Iterator[Row]:
        try:
            with self._open() as stream, gzip.GzipFile(fileobj=stream) as lines:
                while line := lines.readline(LONGEST_LINE):
                    number, *cells = _decode(line)
                    if cells and (cells[0].strip() or any(map(str.strip, cells))):
                        yield self._row(number, cells)
        except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.DecodeError):
            raise SpreadsheetDamaged from None

    def _row(self, number: int, cells: list[str]) -> Row:
        if self._width is not None and len(cells) != self._width:
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        if number < 0:
            return Row(-number, cells, LINE_TOO_LONG)
        joined = "".join(cells)
        if len(joined) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
            return Row(number, [cell[:LONGEST_CELL] for cell in cells], CELL_TOO_LONG)
        if not joined.isprintable():
            cells = [cell.replace("\v", "\n") for cell in cells]
            if any(map(has_control_characters, cells)):
                return Row(number, cells, CONTROL)
        return Row(number, cells)
