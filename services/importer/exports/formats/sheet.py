"""The cells of a spreadsheet as XML, by columns: text that stays text, real numbers, real dates.

Whoever types into an empty cell of a text column writes text, too: a postal code keeps its leading zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple
from xml.sax.saxutils import escape

from services.importer.exports.columns import Column, Kind
from services.importer.exports.errors import CellTooLong
from services.importer.exports.formats.delimited import YES_NO, stands
from services.importer.exports.formats.moments import in_zone
from services.importer.ours.guard import doubled

LONGEST_CELL = 32_767
EXACT_DIGITS = 15
FIRST_DAY = date(1900, 3, 1)
"""Before it, spreadsheets count a 29 February 1900 that never was."""
DAY_ZERO = date(1899, 12, 30).toordinal()
DAY_S = 86_400

# What XML cannot say as it stands; what is written as _x0041_ would be read as A.
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")

Cells = Sequence[str]
Render = Callable[[Cells, int], list[str]]
"""From a column as it came, and the number of its first row, to the cells as XML."""


class Styles(NamedTuple):
    """The numbers under which the workbook knows how cells look."""

    text: str
    day: str
    moment: str


def letters(index: int) -> str:
    """Return what the column is called: A, B, ..., Z, AA, ..."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def renders(columns: Sequence[Column], styles: Styles, zone: tzinfo) -> list[Render]:
    """Return for each column how its cells are written."""
    local = in_zone(zone)
    return [
        _Renders(letters(index), column, styles, local).of(column.kind)
        for index, column in enumerate(columns)
    ]


class _Renders:
    def __init__(
        self, letter: str, column: Column, styles: Styles, local: Callable[[str], tuple[str, str]]
    ) -> None:
        self._start = f'<c r="{letter}'
        self._heading = column.heading
        self._text = f'" s="{styles.text}" t="inlineStr"><is><t>'
        self._kept = f'" s="{styles.text}" t="inlineStr"><is><t xml:space="preserve">'
        self._day = f'" s="{styles.day}"><v>'
        self._moment = f'" s="{styles.moment}"><v>'
        self._local = local

    def of(self, kind: Kind) -> Render:
        texts: dict[Kind, Callable[[Cells], Cells]] = {
            "text": lambda cells: cells,
            "groups": lambda cells: cells,
            "yes_no": lambda cells: [YES_NO[cell] for cell in cells],
            "stand": stands,
        }
        if kind in texts:
            as_text = texts[kind]
            return lambda cells, first: self._texts(as_text(cells), first)
        one: dict[Kind, Callable[[str, int], str]] = {
            "whole": self._whole,
            "flag": self._number,
            "decimal": self._decimal,
            "day": self._a_day,
            "moment": self._a_moment,
        }
        write = one[kind]
        return lambda cells, first: [
            write(cell, row) if cell else "" for row, cell in enumerate(cells, first)
        ]

    def _texts(self, cells: Cells, first: int) -> list[str]:
        start, style, special = self._start, self._text, _SPECIAL.search
        return [
            ""
            if not cell
            else f"{start}{row}{style}{cell}</t></is></c>"
            if cell[0] != "'" and len(cell) < 8_000 and not special(cell)
            else self._a_text(cell, row)
            for row, cell in enumerate(cells, first)
        ]

    def _a_text(self, cell: str, row: int) -> str:
        cell = doubled(cell)
        if len(cell.encode("utf-16-le", "replace")) // 2 > LONGEST_CELL:
            raise CellTooLong(column=self._heading, row=row, limit=LONGEST_CELL)
        style = self._text if cell == cell.strip() else self._kept
        cell = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", _ESCAPE.sub("_x005F_", cell))
        return f"{self._start}{row}{style}{escape(cell)}</t></is></c>"

    def _number(self, cell: str, row: int) -> str:
        return f'{self._start}{row}"><v>{cell}</v></c>'

    def _whole(self, cell: str, row: int) -> str:
        exact = len(cell.lstrip("-")) <= EXACT_DIGITS
        return self._number(cell, row) if exact else self._a_text(cell, row)

    def _decimal(self, cell: str, row: int) -> str:
        if len(cell) <= EXACT_DIGITS or len(cell.strip("-0").replace(".", "")) <= EXACT_DIGITS:
            return self._number(cell, row)
        return self._a_text(cell.replace(".", ","), row)

    def _a_day(self, cell: str, row: int) -> str:
        day = date.fromisoformat(cell)
        if day < FIRST_DAY:
            return self._a_text(f"{day:%d.%m.}{day.year:04}", row)
        return f"{self._start}{row}{self._day}{day.toordinal() - DAY_ZERO}</v></c>"

    def _a_moment(self, cell: str, row: int) -> str:
        day, clock = self._local(cell)
        if len(clock) > len("10:04:05"):
            return self._a_text(f"{day} {clock}", row)
        at = datetime(int(day[6:]), int(day[3:5]), int(day[:2]))  # noqa: DTZ001 - as the wall clock says
        if at.date() < FIRST_DAY:
            return self._a_text(f"{day} {clock}", row)
        seconds = int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:])
        serial = at.toordinal() - DAY_ZERO + seconds / DAY_S
        return f"{self._start}{row}{self._moment}{serial!r}</v></c>"
