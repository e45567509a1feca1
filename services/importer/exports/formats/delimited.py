"""CSV: as a German Excel opens it, or as RFC 4180 says. An import gives back every cell as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import ClassVar

from services.importer.exports.columns import Kind
from services.importer.exports.formats.moments import in_zone
from services.importer.exports.formats.writer import Look
from services.importer.exports.source import Page
from services.importer.guard import DANGEROUS, guarded

MARK = "\ufeff"

Cells = Sequence[str]
Render = Callable[[Cells], Cells]
"""From a column as it came to a column of the file."""

YES_NO = {"true": "ja", "false": "nein", "": ""}


class Delimited:
    """Writes CSV."""

    besides: ClassVar[Sequence[str]] = ()

    def __init__(self, look: Look) -> None:
        german = look.dialect == "excel_de"
        renders = _german(look) if german else _RFC
        self._columns = [(column.target, renders[column.kind]) for column in look.columns]
        self._text = io.StringIO(newline="")
        if german:
            self._text.write(MARK)
        self._csv = csv.writer(self._text, delimiter=";" if german else ",", lineterminator="\r\n")
        self._csv.writerow([guarded(column.heading) for column in look.columns])

    def page(self, page: Page) -> None:
        columns = [render(page.cells(target)) for target, render in self._columns]
        self._csv.writerows(zip(*columns, strict=True))

    def finish(self) -> None:
        """Nothing comes last."""

    def taken(self) -> bytes:
        data = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return data


def _text(cells: Cells) -> Cells:
    # Written out, because this is what an export does most.
    return ["'" + cell if cell and cell[0] in DANGEROUS else cell for cell in cells]


def stands(cells: Cells) -> Cells:
    return [f"T{int(cell or 0):X}" for cell in cells]


def _as_it_is(cells: Cells) -> Cells:
    return cells


_RFC: dict[Kind, Render] = {
    "text": _text,
    "groups": _text,
    "whole": _text,
    "decimal": _text,
    "moment": lambda cells: [cell and f"{cell[:10]}T{cell[11:19]}Z" for cell in cells],
    "day": _as_it_is,
    "flag": _as_it_is,
    "yes_no": lambda cells: [YES_NO[cell] for cell in cells],
    "stand": stands,
}


def _german(look: Look) -> dict[Kind, Render]:
    local = in_zone(look.zone)

    def moments(cells: Cells) -> Cells:
        return [cell and " ".join(local(cell)) for cell in cells]

    def days(cells: Cells) -> Cells:
        return [cell and f"{cell[8:]}.{cell[5:7]}.{cell[:4]}" for cell in cells]

    def decimals(cells: Cells) -> Cells:
        return _text([cell.replace(".", ",") for cell in cells])

    return {**_RFC, "moment": moments, "day": days, "decimal": decimals}
