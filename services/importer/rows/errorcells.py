"""Cells in which a spreadsheet says that it has no value. Nobody is called `#N/A`."""

from __future__ import annotations

from collections.abc import Sequence

from services.importer.rows.problems import Problem, problem
from services.importer.spreadsheets.faults import NO_RESULT
from shared.errors import Text

_TOO_NARROW = frozenset("#" * length for length in range(3, 101))
"""What a column shows, and some programs save, that is too narrow for its number or date."""

ERROR_CELLS = _TOO_NARROW | {
    NO_RESULT,
    "#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!",
    "#ZAHL!", "#GETTING_DATA", "#SPILL!", "#ÜBERLAUF!", "#CALC!", "#KALK!", "#BUSY!", "#CONNECT!",
    "#BLOCKED!", "#FIELD!", "#FELD!", "#UNKNOWN!", "Err:502", "Err:504", "Err:508", "Err:522",
}  # fmt: skip

_ERROR = Text(
    "The spreadsheet has an error here, not a value.",
    de="Hier steht ein Fehler der Tabellenkalkulation, kein Wert.",
)
_COMPUTE = Text(
    "Here is a formula whose result is not in the file. Open it in a spreadsheet program and save it.",
    de="Hier steht eine Formel, deren Ergebnis nicht in der Datei ist. Bitte in einer Tabellenkalkulation "
    "öffnen und speichern.",
)
_NARROW = Text(
    "The column was too narrow when the file was saved, so the value is lost. Widen it and save again.",
    de="Die Spalte war beim Speichern zu schmal, der Wert ist verloren. Bitte verbreitern und noch einmal "
    "speichern.",
)


def error_cells(
    line: int, cells: Sequence[str], columns: Sequence[str], mapped: Sequence[int]
) -> list[Problem]:
    """Return a problem for each error in a column that is imported. Quick where there is none."""
    if ERROR_CELLS.isdisjoint(cells):
        return []
    return [
        problem(line, columns[index], cells[index], _reason(cells[index]))
        for index in mapped
        if cells[index] in ERROR_CELLS
    ]


def _reason(cell: str) -> Text:
    if cell == NO_RESULT:
        return _COMPUTE
    return _NARROW if cell in _TOO_NARROW else _ERROR
