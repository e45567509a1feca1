"""CSV: as a German Excel opens it, or as RFC 4180 says. An import gives back every cell as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from services.importer.exports.columns import Kind
from services.importer.exports.formats.moments import in_zone
from services.importer.exports.formats.writer import Look
from services.importer.exports.source import Page
from services.importer.guard import DANGEROUS, guarded
from services.importer.stand import stand_text

MARK = "\ufeff"
BETWEEN_GROUPS = " | "

Cells = Sequence[Any]
Render = Callable[[Cells], Cells]
"""From a column as it came to a column of the file. None stands for an empty cell."""

_ACTIVE = {True: "1", False: "0"}
_YES_NO = {True: "ja", False: "nein", None: None}


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


def _whole(cells: Cells) -> Cells:
    return [f"'{cell}" if cell is not None and cell < 0 else cell for cell in cells]


def _groups(cells: Cells) -> Cells:
    return _text([BETWEEN_GROUPS.join(paths) for paths in cells])


_RFC: dict[Kind, Render] = {
    "text": _text,
    "whole": _whole,
    "decimal": _text,
    "moment": lambda cells: [cell and f"{cell[:19]}Z" for cell in cells],
    "day": lambda cells: cells,
    "flag": lambda cells: [_ACTIVE[cell] for cell in cells],
    "yes_no": lambda cells: [_YES_NO[cell] for cell in cells],
    "groups": _groups,
    "stand": lambda cells: list(map(stand_text, cells)),
}


def _german(look: Look) -> dict[Kind, Render]:
    local = in_zone(look.zone)

    def moments(cells: Cells) -> Cells:
        return [cell and " ".join(local(cell)) for cell in cells]

    def days(cells: Cells) -> Cells:
        return [cell and f"{cell[8:]}.{cell[5:7]}.{cell[:4]}" for cell in cells]

    def decimals(cells: Cells) -> Cells:
        return _text([cell and cell.replace(".", ",") for cell in cells])

    return {**_RFC, "moment": moments, "day": days, "decimal": decimals}
