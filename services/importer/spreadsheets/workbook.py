"""A workbook's sheets, and the rows of one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import python_calamine as calamine

from services.importer.spreadsheets.faults import faults_of
from services.importer.spreadsheets.package import kind_of
from services.importer.spreadsheets.refusal import Refused
from services.importer.spreadsheets.values import text_of

ZIP = b"PK"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
"""What an .xls has in its container; a document of another program has not."""

_FILEPASS = re.compile(
    rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
"""The first records of an .xls that is encrypted."""

_NAMES = 50
"""Of so many sheets the names are told to somebody who asked for one that is not there."""


class Workbook:
    """An opened file. `size` is what it takes unpacked. Raises Refused."""

    def __init__(self, content: bytes, unpacked_mb: int) -> None:
        self._content = content
        if content.startswith(ZIP):
            self.kind, self.size = kind_of(io.BytesIO(content), unpacked_mb)
        elif _ENCRYPTED in content or _FILEPASS.search(content):
            raise Refused("protected")
        elif not any(stream in content for stream in _STREAMS):
            raise Refused("not_a_workbook")
        else:
            self.kind, self.size = "xls", len(content)
        try:
            self._book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        except calamine.PasswordError:
            raise Refused("protected") from None
        except calamine.CalamineError:
            raise Refused("damaged") from None
        self.sheets = [
            (one.name, one.visible != calamine.SheetVisibleEnum.Visible)
            for one in self._book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet
        ]

    def open(self, wanted: str | None) -> tuple[str, calamine.CalamineSheet] | None:
        """Return the sheet that was asked for, or the first one to be seen with something in it."""
        names = [name for name, _hidden in self.sheets]
        if wanted is not None:
            if wanted not in names:
                raise Refused("unknown_sheet", sheet=wanted, sheets=names[:_NAMES])
            return wanted, self._load(wanted)
        for name, hidden in self.sheets:
            if not hidden:
                sheet = self._load(name)
                if sheet.end is not None:
                    return name, sheet
        return None

    def _load(self, name: str) -> calamine.CalamineSheet:
        try:
            return self._book.get_sheet_by_name(name)
        except calamine.CalamineError:
            raise Refused("damaged") from None

    def rows(self, name: str, sheet: calamine.CalamineSheet) -> Iterator[list[int | str]]:
        """Yield each row with something in it: its number in the sheet, then its cells."""
        faults: dict[int, dict[int, str]] = {}
        first = sheet.start[1] if sheet.start else 0
        if self.kind == "xlsx":
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                for (row, column), text in faults_of(archive, name).items():
                    faults.setdefault(row, {})[column - first] = text
        for number, values in enumerate(sheet.iter_rows()):
            cells: list[int | str] = [number + 1, *map(text_of, values)]
            for column, text in faults.get(number, {}).items():
                if 0 <= column < len(values) and not cells[column + 1]:
                    cells[column + 1] = text
            while cells and cells[-1] == "":
                cells.pop()
            if len(cells) > 1:
                yield cells
