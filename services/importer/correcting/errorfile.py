"""The rows of an import that have problems, as a file to correct and to bring again.

It is made for a German Excel: UTF-8 with its mark, semicolons, CRLF.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from services.importer.mapping import ERROR_HEADING
from services.importer.ours.guard import guarded
from services.importer.queries import BadRowFound

ROWS_AT_ONCE = 200
MARK = "\ufeff"


def error_file(
    columns: Sequence[str], rows: Iterable[BadRowFound], language: str
) -> Iterator[bytes]:
    """Yield the error file in pieces: the columns as they came, and what is wrong with each row."""
    writer = _Writer()
    kept = [index for index, column in enumerate(columns) if column != ERROR_HEADING]
    writer.write([*(columns[index] for index in kept), ERROR_HEADING])
    for number, row in enumerate(rows, start=1):
        cells = [row.cells[index] if index < len(row.cells) else "" for index in kept]
        reasons = " ".join(reason.in_language(language) for reason in row.reasons)
        writer.write([*cells, reasons])
        if number % ROWS_AT_ONCE == 0:
            yield writer.taken()
    yield writer.taken()


class _Writer:
    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._text.write(MARK)
        self._csv = csv.writer(self._text, delimiter=";", lineterminator="\r\n")

    def write(self, cells: Iterable[str]) -> None:
        self._csv.writerow(map(guarded, cells))

    def taken(self) -> bytes:
        data = self._text.getvalue().encode("utf-8", "replace")
        self._text.seek(0)
        self._text.truncate()
        return data
