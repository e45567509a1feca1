"""Reading CSV as it is found in the wild: any line end, quoted line breaks, ragged and broken rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from services.importer.readers.faults import (
    AFTER_UNCLOSED,
    CELL_TOO_LONG,
    CONTROL,
    LINE_TOO_LONG,
    NO_DELIMITER,
    TOO_MANY_CELLS,
    UNCLOSED,
    UNREADABLE,
)
from services.importer.readers.lines import Lines, TooLong, Unclosed
from services.importer.readers.table import LONGEST_CELL, LONGEST_RECORD, Row
from shared.values import has_control_characters

csv.field_size_limit(LONGEST_RECORD + 1)

TABLE_WIDTH = 3
"""From so many columns on, a line without any delimiter is a footer or a torn cell, not a short row."""

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The first line of a file that tells Excel its delimiter."""


class Delimited:
    """A CSV file. `open_stream` gives its bytes from the beginning.

    With `width` rows are padded to it; a row with more cells than that has a fault.
    """

    def __init__(
        self,
        open_stream: Callable[[], BinaryIO],
        *,
        encoding: str,
        delimiter: str,
        width: int | None = None,
    ) -> None:
        self._open = open_stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._width = width

    def rows(self) -> Iterator[Row]:
        with self._open() as stream:
            yield from self._rows(Lines(stream, self._encoding))

    def _rows(self, lines: Lines) -> Iterator[Row]:
        reader = csv.reader(lines, delimiter=self._delimiter)
        while True:
            lines.begin()
            line = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (Unclosed, TooLong, csv.Error) as error:
                fault = LINE_TOO_LONG if isinstance(error, TooLong) else UNCLOSED
                yield Row(line, self._plain(lines.rewind()), fault)
                reader = csv.reader(lines, delimiter=self._delimiter)
                continue
            if not (cells and cells[0].strip()) and not any(map(str.strip, cells)):
                continue
            if line == 1 and SEPARATOR_LINE.fullmatch(self._delimiter.join(cells)):
                continue
            if self._width is not None and len(cells) != self._width and lines.record_lines > 1:
                # A stray quote has joined lines that belong apart.
                yield Row(line, self._plain(lines.rewind()), UNCLOSED)
            else:
                yield self._judged(line, cells, lines)

    def _judged(self, line: int, cells: list[str], lines: Lines) -> Row:
        width = self._width
        if width is not None and len(cells) != width:
            if lines.repeated:
                # Padding is for rows that are sure to be rows.
                return Row(line, cells, AFTER_UNCLOSED)
            if any(map(str.strip, cells[width:])):
                return Row(line, cells, TOO_MANY_CELLS.fill(found=len(cells), expected=width))
            if len(cells) == 1 and width >= TABLE_WIDTH:
                return Row(line, cells, NO_DELIMITER)
            cells = cells[:width] + [""] * (width - len(cells))
        if lines.length > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
            return Row(line, [cell[:LONGEST_CELL] for cell in cells], CELL_TOO_LONG)
        return self._checked(line, cells) if lines.suspicious else Row(line, cells)

    def _plain(self, line: str) -> list[str]:
        return [cell[:LONGEST_CELL] for cell in line.rstrip("\n").split(self._delimiter)]

    def _checked(self, line: int, cells: list[str]) -> Row:
        # FileMaker writes a cell's line breaks as vertical tabs.
        cells = [cell.replace("\v", "\n") for cell in cells]
        fault = None
        if any("\ufffd" in cell for cell in cells):
            fault = UNREADABLE.fill(encoding=self._encoding)
        elif any(map(has_control_characters, cells)):
            fault = CONTROL
        return Row(line, cells, fault)
