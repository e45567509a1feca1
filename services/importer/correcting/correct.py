"""Correcting rows by hand: which may be, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.importer.errors import BroughtAgain, RowWritten, TooManyCorrections, UnknownColumn
from services.importer.models import ENDED, BadRow, Correction, Import, ProblemRow, State
from shared.db import utcnow
from shared.errors import PreconditionFailed

MOST_ROWS = 10_000
"""They are held in memory while the file is read."""

Stamp = tuple[int, int]


def refused_rows(import_id: UUID) -> Select[Any]:
    """The lines of rows that were not imported."""
    about = (ProblemRow.import_id == BadRow.import_id) & (ProblemRow.line == BadRow.line)
    refused = select(1).where(about, ProblemRow.refused).exists()
    return select(BadRow.line).where(BadRow.import_id == import_id, refused)


def stamp(session: Session, import_id: UUID) -> Stamp:
    """Return how many rows are corrected, and a sum that grows with every correction."""
    counted = select(func.count(), func.coalesce(func.sum(Correction.version), 0))
    count, versions = session.execute(counted.where(Correction.import_id == import_id)).one()
    return count, int(versions)


def expect_correctable(session: Session, found: Import, line: int) -> None:
    """Check that the row in this line may be corrected: before the start any, at the end a refused one.

    Raises WrongState, FileGone, RowWritten and BroughtAgain.
    """
    found.expect_state(State.uploaded, State.ready, *ENDED)
    found.expect_file()
    if found.state not in ENDED:
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
    """Write these cells over a row of a locked import; None gives a cell back to the file.

    `version` is that of the correction so far, 0 if there is none. Raises what `expect_correctable` does,
    UnknownColumn, PreconditionFailed and TooManyCorrections.
    """
    expect_correctable(session, found, line)
    for column in cells:
        if column not in columns:
            raise UnknownColumn(column=f"'{column[:100]}'", columns=", ".join(columns)[:2000])
    stored = session.get(Correction, (found.id, line))
    if version != (stored.version if stored else 0):
        raise PreconditionFailed
    if stored is None:
        rows, _ = stamp(session, found.id)
        if rows >= MOST_ROWS:
            raise TooManyCorrections(limit=MOST_ROWS)
        stored = Correction(import_id=found.id, line=line, version=0, cells={})
        session.add(stored)
    merged = {**stored.cells, **cells}
    stored.cells = {column: text for column, text in merged.items() if text is not None}
    stored.version += 1
    stored.corrected_at, stored.corrected_by = utcnow(), by
    session.flush()
    return stored
