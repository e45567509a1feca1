"""Cells corrected by hand. They lie over the file, which stays as it came, wherever its rows are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from services.importer.detection import Detected
from services.importer.errors import (
    BroughtAgain,
    RowWritten,
    TooManyCorrections,
    UnknownColumn,
)
from services.importer.guard import guarded, is_ours
from services.importer.models import BadRow, Correction, Import, ProblemRow, State
from services.importer.readers import Row
from services.importer.readers.table import LONGEST_CELL
from shared.db import Database, utcnow
from shared.errors import PreconditionFailed
from shared.values import has_control_characters

Cells = Mapping[str, str]
"""Corrected cells of a row, by column."""

MOST_ROWS = 10_000
"""They are held in memory while the file is read."""


def corrected(row: Row, columns: Sequence[str], cells: Cells) -> Row:
    """Return the row with these cells in place of its own.

    A row that is torn, so that nobody knows which cell is which, becomes whole only when every column is
    given; one with unreadable cells when none of them is left.
    """
    if is_torn(row, columns) and not cells.keys() >= set(columns):
        return row
    ours = is_ours(columns)
    own = [*row.cells[: len(columns)], *[""] * (len(columns) - len(row.cells))]
    after = [
        (guarded(cells[column]) if ours else cells[column]) if column in cells else cell
        for column, cell in zip(columns, own, strict=True)
    ]
    fault = row.fault if any(map(_unreadable, after)) else None
    return row._replace(cells=after, fault=fault)


def read_alike(before: Detected, after: Detected) -> bool:
    """True if a line and a column mean the same cell in both readings of a file."""
    return all(
        getattr(before, fact) == getattr(after, fact)
        for fact in ("encoding", "delimiter", "sheet", "heading_line", "names")
    )


def is_torn(row: Row, columns: Sequence[str]) -> bool:
    """True if nobody knows which of the row's cells is which."""
    readable = len(row.cells) != len(columns) or not any(map(_unreadable, row.cells))
    return row.fault is not None and readable


def laid_over(
    rows: Iterable[Row], columns: Sequence[str], corrections: Mapping[int, Cells]
) -> Iterator[Row]:
    """Yield the rows as they were corrected."""
    for row in rows:
        cells = corrections.get(row.line)
        yield row if cells is None else corrected(row, columns, cells)


def corrections_of(database: Database, import_id: UUID) -> dict[int, Cells]:
    """Return what was corrected in a file, by line."""
    with database.reading() as session:
        return {one.line: one.cells for one in session.scalars(_all(import_id)) if one.cells}


def corrections_in(
    session: Session, import_id: UUID, lines: Collection[int] | None = None
) -> dict[int, Correction]:
    """Return what was ever corrected in these lines, or in all."""
    wanted = _all(import_id)
    found = session.scalars(wanted if lines is None else wanted.where(Correction.line.in_(lines)))
    return {one.line: one for one in found}


def stamp(session: Session, import_id: UUID) -> tuple[int, int]:
    """Return what changes with every correction."""
    counted = select(func.count(), func.coalesce(func.sum(Correction.version), 0))
    count, versions = session.execute(counted.where(Correction.import_id == import_id)).one()
    return count, int(versions)


def expect_correctable(session: Session, found: Import, line: int) -> None:
    """Before the start every row can be corrected, at the end those that were refused.

    Raises WrongState, FileGone, RowWritten and BroughtAgain.
    """
    found.expect_state(State.uploaded, State.ready, State.finished)
    found.expect_file()
    if found.state != State.finished:
        return
    if found.again_id is not None:
        raise BroughtAgain(import_id=found.again_id)
    if session.scalar(refused_rows(found.id).where(BadRow.line == line)) is None:
        raise RowWritten(line=line)


def correct_row(
    session: Session,
    found: Import,
    line: int,
    version: int,
    cells: Mapping[str, str | None],
    columns: Sequence[str],
    by: str,
) -> Correction:
    """Write these cells over a row of a locked import; None gives a cell back to the file."""
    expect_correctable(session, found, line)
    for column in cells:
        if column not in columns:
            raise UnknownColumn(column=column, columns=", ".join(columns))
    stored = session.get(Correction, (found.id, line))
    if version != (stored.version if stored else 0):
        raise PreconditionFailed
    if stored is None:
        if (
            session.scalar(select(func.count()).select_from(_all(found.id).subquery())) or 0
        ) >= MOST_ROWS:
            raise TooManyCorrections(limit=MOST_ROWS)
        stored = Correction(import_id=found.id, line=line, version=0, cells={})
        session.add(stored)
    merged = {**stored.cells, **cells}
    stored.cells = {column: text for column, text in merged.items() if text is not None}
    stored.version += 1
    stored.corrected_at, stored.corrected_by = utcnow(), by
    session.flush()
    return stored


def refused_rows(import_id: UUID) -> Select[Any]:
    """The lines of rows that were not imported."""
    about = (ProblemRow.import_id == BadRow.import_id) & (ProblemRow.line == BadRow.line)
    refused = select(1).where(about, ProblemRow.refused).exists()
    return select(BadRow.line).where(BadRow.import_id == import_id, refused)


def forget_corrections(
    session: Session, import_id: UUID, lines: Collection[int] | None = None
) -> None:
    """Delete the corrections of these lines, or all of a file."""
    gone = delete(Correction).where(Correction.import_id == import_id)
    session.execute(gone if lines is None else gone.where(Correction.line.in_(lines)))


def _all(import_id: UUID) -> Select[Any]:
    return select(Correction).where(Correction.import_id == import_id)


def _unreadable(cell: str) -> bool:
    return "\ufffd" in cell or len(cell) >= LONGEST_CELL or has_control_characters(cell)
