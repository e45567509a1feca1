"""XLSX, written as a stream: XlsxWriter makes the workbook around the rows, the rows are put in here.

XlsxWriter alone would write all rows to a temporary file first, a gigabyte for a million customers, and then
pack them in one go; and for each cell it decides anew what the column already says.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter

from services.importer.exports.columns import Column
from services.importer.exports.errors import TooManyRows
from services.importer.exports.formats.sheet import Styles, letters, renders
from services.importer.exports.formats.writer import Look
from services.importer.exports.source import Page
from services.importer.ours.guard import doubled

MOST_ROWS = 1_048_575
"""Customers on a sheet, below the heading."""

SHEET = "xl/worksheets/sheet1.xml"
COMPRESSION = 4
LARGE = 15_000_000
"""Cells from which on a sheet may be larger than 2 GB before it is packed; smaller ones are not written so,
because not every program reads the large kind."""

_SAMPLES = '<row r="2"'
_WIDTHS = {
    "note": 40,
    "groups": 40,
    "email": 28,
    "street": 24,
    "company": 24,
    "id": 38,
    "known_at": 18,
}
_WIDTH = 14
_WIDEST = 40


class Workbook:
    """Writes one sheet with a frozen bold heading, filters, and columns wide enough."""

    def __init__(self, look: Look) -> None:
        """Raises TooManyRows."""
        self.needs: Sequence[str] = [column.target for column in look.columns]
        if look.rows > MOST_ROWS:
            raise TooManyRows(rows=look.rows, limit=MOST_ROWS)
        self._sink = _Sink()
        self._row = 2
        frame, styles = _frame(look)
        self._renders = [
            (column.target, render)
            for column, render in zip(
                look.columns, renders(look.columns, styles, look.zone), strict=True
            )
        ]
        self._zip = ZipFile(self._sink, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)
        with ZipFile(frame) as around:
            for name in around.namelist():
                if name != SHEET:
                    self._zip.writestr(around.getinfo(name), around.read(name), ZIP_DEFLATED)
            sheet = around.read(SHEET).decode()
        end = f"{letters(len(look.columns) - 1)}{look.rows + 1}"
        sheet = re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="A1:{end}"/>', sheet)
        head, _, tail = sheet.partition(_SAMPLES)
        self._tail = "</sheetData>" + tail.partition("</sheetData>")[2]
        info = ZipInfo(SHEET)
        info.compress_type = ZIP_DEFLATED
        large = look.rows * len(look.columns) > LARGE
        self._sheet: IO[bytes] = self._zip.open(info, "w", force_zip64=large)
        self._sheet.write(head.encode())

    def page(self, page: Page) -> None:
        first = self._row
        columns = [render(page.cells(target), first) for target, render in self._renders]
        rows = zip(*columns, strict=True)
        self._sheet.write(
            "".join(
                [f'<row r="{n}">{"".join(row)}</row>' for n, row in enumerate(rows, first)]
            ).encode()
        )
        self._row += page.rows

    def finish(self) -> None:
        self._sheet.write(self._tail.encode())
        self._sheet.close()
        self._zip.close()

    def taken(self) -> bytes:
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """Where the archive is written to, and taken away from while it grows."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        before = len(self._data)
        self._data += data
        return len(self._data) - before

    def taken(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


def _frame(look: Look) -> tuple[io.BytesIO, Styles]:
    """Return a workbook with the heading and, in a second row, a cell of each style."""
    frame = io.BytesIO()
    book = xlsxwriter.Workbook(frame, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Kunden")
    bold = book.add_format({"bold": True, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
    plain = {"whole": None, "decimal": None, "flag": None, "day": day, "moment": moment}
    for index, column in enumerate(look.columns):
        sheet.set_column(index, index, _width(column), plain.get(column.kind, text))
        sheet.write_string(0, index, doubled(column.heading), bold)
    for index, style in enumerate((text, day, moment)):
        sheet.write_blank(1, index, None, style)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(look.rows, 1), len(look.columns) - 1)
    book.close()
    frame.seek(0)
    with ZipFile(frame) as made:
        cells = re.findall(r'<c r="[ABC]2" s="(\d+)"/>', made.read(SHEET).decode())
    return frame, Styles(*cells)


def _width(column: Column) -> int:
    return max(_WIDTHS.get(column.target, _WIDTH), min(len(column.heading) + 4, _WIDEST))
