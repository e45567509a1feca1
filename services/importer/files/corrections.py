"""Cells corrected by hand. They lie over the file, which stays as it came, wherever its rows are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from services.importer.detection import Detected
from services.importer.models import Correction
from services.importer.ours.guard import guarded, is_ours
from services.importer.readers import Row
from services.importer.readers.table import LONGEST_CELL
from shared.db import Database
from shared.values import has_control_characters

Cells = Mapping[str, str]
"""Corrected cells of a row, by column."""


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
    """True if nobody knows which of the row's cells is which: its fault is not that one cannot be read."""
    whole = len(row.cells) == len(columns)
    return row.fault is not None and not (whole and any(map(_unreadable, row.cells)))


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
