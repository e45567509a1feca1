"""Questions about imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select

from services.importer.models import BadRow, Import, ProblemRow
from shared.db import Database
from shared.errors import Text

AT_ONCE = 500


class BadRowFound(NamedTuple):
    cells: list[str]
    reasons: list[Text]


def all_imports() -> Select[Any]:
    return select(Import)


NEWEST_FIRST = [(Import.created_at, True), (Import.id, True)]


def problems_of(import_id: UUID) -> Select[Any]:
    return select(ProblemRow).where(ProblemRow.import_id == import_id)


IN_FILE_ORDER = [(ProblemRow.line, False), (ProblemRow.position, False)]


def bad_rows(database: Database, import_id: UUID) -> Iterator[BadRowFound]:
    """Yield every bad row in the order of the file, some hundred in memory at a time."""
    line = 0
    while True:
        with database.reading() as session:
            rows = session.scalars(
                select(BadRow)
                .where(BadRow.import_id == import_id, BadRow.line > line)
                .order_by(BadRow.line)
                .limit(AT_ONCE)
            ).all()
            if not rows:
                return
            reasons: dict[int, list[Text]] = {}
            for problem in session.scalars(
                select(ProblemRow)
                .where(
                    ProblemRow.import_id == import_id,
                    ProblemRow.line.between(rows[0].line, rows[-1].line),
                )
                .order_by(ProblemRow.line, ProblemRow.position)
            ):
                reasons.setdefault(problem.line, []).append(_with_column(problem))
        for row in rows:
            yield BadRowFound(row.cells, reasons.get(row.line, []))
        line = rows[-1].line


def _with_column(problem: ProblemRow) -> Text:
    if problem.column is None:
        return problem.reason
    return Text(
        f"{problem.column}: {problem.reason_en}", de=f"{problem.column}: {problem.reason_de}"
    )
