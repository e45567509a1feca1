"""The rows of a file, page by page, each as an import would read it now.

Before the start every row can be looked at, and is checked as in a preview. At the end those that were
refused are left, with what was said of them then; a corrected one is checked anew.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from services.importer.correcting.correct import refused_rows
from services.importer.files.corrections import corrected, corrections_in, is_torn
from services.importer.models import BadRow, Correction, Import, ProblemRow
from services.importer.ours.guard import is_ours, unguarded
from services.importer.previewing.checking import Checked, check
from services.importer.queries import IN_FILE_ORDER, problems_of
from services.importer.readers import Row
from services.importer.rows import Problem
from services.importer.running.calls import Services
from services.importer.running.source import Source
from shared.db import Database

ENOUGH_S = 5.0
"""A person is waiting: what is not checked by then comes with the next page."""


class ListedRow(NamedTuple):
    """A row as it is now. `version` is that of its corrections, 0 if there never was one."""

    line: int
    version: int
    cells: list[str]
    corrected: dict[str, str]
    """What stands in the file where somebody corrected it, by column."""
    whole: bool
    """False if the row is torn."""
    problems: list[Problem]


class Rows(NamedTuple):
    """A page of rows."""

    items: list[ListedRow]
    after: int | None
    """Behind which line the next page begins; None if this is the last."""
    total: int | None
    """None as long as nobody has looked at all of the file."""


class Listing:
    """Lists the rows of one import."""

    def __init__(self, database: Database, source: Source, services: Services) -> None:
        self._database = database
        self._source = source
        self._services = services

    def of_file(self, after: int, limit: int, rows_total: int) -> Rows:
        """Return the rows behind that line, good and bad."""
        steps = self._source.steps(after, limit)
        found = list(check(self._source, self._services, next(steps, [])))
        more = next(steps, None) is not None
        return Rows(self._listed(found), found[-1].row.line if more else None, rows_total)

    def with_problems(self, after: int, limit: int) -> Rows:
        """Return rows with problems behind that line, as far as they are found in a few seconds."""
        end = time.monotonic() + ENOUGH_S
        found: list[Checked] = []
        for step in self._source.steps(after):
            found += [one for one in check(self._source, self._services, step) if one.problems]
            if len(found) > limit:
                found = found[:limit]
                return Rows(self._listed(found), found[-1].row.line, None)
            if time.monotonic() > end:
                return Rows(self._listed(found), step[-1].line, None)
        return Rows(self._listed(found), None, None if after else len(found))

    def refused(self, found: Import, after: int, limit: int) -> Rows:
        """Return the rows that an import has refused, behind that line."""
        refused = refused_rows(found.id)
        with self._database.reading() as session:
            total = session.scalar(select(func.count()).select_from(refused.subquery()))
            page = refused.where(BadRow.line > after).order_by(BadRow.line).limit(limit + 1)
            lines = list(session.scalars(page))
            more, lines = len(lines) > limit, lines[:limit]
            said: dict[int, list[Problem]] = {line: [] for line in lines}
            told = (
                problems_of(found.id)
                .where(ProblemRow.line.in_(lines))
                .order_by(*(column for column, _ in IN_FILE_ORDER))
            )
            for one in session.scalars(told):
                said[one.line].append(
                    Problem(one.line, one.column, one.value, one.reason, one.refused)
                )
        return Rows(self._at_end(lines, said), lines[-1] if more else None, total)

    def one(self, original: Row, correction: Correction | None) -> ListedRow:
        """Return a row as it is now."""
        cells = correction.cells if correction else {}
        row = self._source.reader.read(corrected(original, self._source.columns, cells))
        [checked] = check(self._source, self._services, [row])
        changed = {original.line: correction} if correction else {}
        [shown] = self._shown([checked], {original.line: original}, changed)
        return shown

    def _at_end(self, lines: Sequence[int], said: Mapping[int, list[Problem]]) -> list[ListedRow]:
        """Return refused rows: with what was `said` of them then, corrected ones as they are checked now."""
        originals, corrections = self._originals(lines)
        read = self._source.reader.read
        rows = []
        anew = []
        for line, original in sorted(originals.items()):
            cells = corrections[line].cells if line in corrections else {}
            converted = read(corrected(original, self._source.columns, cells))
            rows.append(Checked(converted, "invalid", said[line]))
            anew += [converted] if cells else []
        checked = {one.row.line: one for one in check(self._source, self._services, anew)}
        return self._shown([checked.get(one.row.line, one) for one in rows], originals, corrections)

    def _listed(self, found: Sequence[Checked]) -> list[ListedRow]:
        lines = {one.row.line for one in found}
        with self._database.reading() as session:
            changed = corrections_in(session, self._source.import_id, lines)
        torn = {one.row.line for one in found if any(p.column is None for p in one.problems)}
        return self._shown(found, self._source.originals({*changed, *torn}), changed)

    def _originals(self, lines: Collection[int]) -> tuple[dict[int, Row], dict[int, Correction]]:
        with self._database.reading() as session:
            corrections = corrections_in(session, self._source.import_id, lines)
        return self._source.originals(lines), corrections

    def _shown(
        self,
        found: Sequence[Checked],
        originals: Mapping[int, Row],
        corrections: Mapping[int, Correction],
    ) -> list[ListedRow]:
        columns = self._source.columns
        return [
            ListedRow(
                line=row.line,
                version=corrections[row.line].version if row.line in corrections else 0,
                cells=row.cells,
                corrected=_in_file(columns, originals[row.line], corrections[row.line].cells)
                if row.line in corrections
                else {},
                whole=row.line not in originals or not is_torn(originals[row.line], columns),
                problems=problems,
            )
            for row, _, problems, *_ in found
        ]


def _in_file(columns: Sequence[str], row: Row, names: Collection[str]) -> dict[str, str]:
    """Return what stands in the file in these columns; a torn row may be short of some."""
    cells = map(unguarded, row.cells) if is_ours(columns) else row.cells
    in_file = dict(zip(columns, cells, strict=False))
    return {column: in_file.get(column, "") for column in names if column in columns}
