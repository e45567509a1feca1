"""Whose rows are in which file.

A row that created a customer is told by the customer's id. For others it is written down whom they mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.importer.detection import Detected, data_rows
from services.importer.files import storage
from services.importer.files.corrections import corrections_in
from services.importer.models import (
    ErasedCustomer,
    Import,
    ImportRow,
    ProblemRow,
)
from shared.db import among, bulk_insert, bulk_upsert
from shared.importids import row_id, row_of

TABLE = cast(Table, ImportRow.__table__)
COLUMNS = ("import_id", "line", "customer_id")


class Place(NamedTuple):
    """A row of a file."""

    import_id: UUID
    line: int


class Known(Protocol):
    """A row whose customer is written, and under which id."""

    @property
    def row(self) -> Any: ...
    @property
    def customer_id(self) -> str: ...


def note_rows(
    session: Session, import_id: UUID, known: Sequence[Known], refused: Iterable[int]
) -> set[int]:
    """Write down whom a step's rows were about. Returns the lines about people who were erased meanwhile."""
    made = str(row_id(import_id, 0))[:-8]
    rows = {
        one.row.line: UUID(one.customer_id)
        for one in known
        if one.customer_id != f"{made}{one.row.line:08x}"
    }
    gone = erased_of(session, set(rows.values())) if rows else set()
    lines = {*refused, *(one.row.line for one in known)}
    # So that the end of the import knows that the file has to go.
    marked = {
        line: customer_id
        for customer_id, line in _erased_since_created(session, import_id)
        if line in lines
    }
    bulk_insert(
        session,
        TABLE,
        COLUMNS,
        [(import_id, line, customer_id) for line, customer_id in rows.items()],
    )
    bulk_upsert(
        session,
        TABLE,
        COLUMNS,
        [(import_id, line, customer_id) for line, customer_id in marked.items()],
        key=("import_id", "line"),
    )
    return {line for line, customer_id in rows.items() if customer_id in gone}.union(marked)


def _erased_since_created(session: Session, import_id: UUID) -> Iterator[tuple[UUID, int]]:
    """Give those whom the import's rows created and who were erased, with their lines."""
    first, last, _ = row_of(import_id)
    erased = ErasedCustomer.customer_id
    for customer_id in session.scalars(select(erased).where(erased.between(first, last))):
        yield customer_id, row_of(customer_id)[2]


def erased_of(session: Session, customer_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these customers were erased."""
    return set(
        session.scalars(
            select(ErasedCustomer.customer_id).where(
                among(ErasedCustomer.customer_id, customer_ids)
            )
        )
    )


def rows_of(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, list[Place]]:
    """Return the rows that are known to be about the customers."""
    places: dict[UUID, set[Place]] = {customer_id: set() for customer_id in customer_ids}
    for customer_id in customer_ids:
        first, last, line = row_of(customer_id)
        for import_id in session.scalars(select(Import.id).where(Import.id.between(first, last))):
            places[customer_id].add(Place(import_id, line))
    for row in session.scalars(select(ImportRow).where(among(ImportRow.customer_id, customer_ids))):
        places[row.customer_id].add(Place(row.import_id, row.line))
    return {customer_id: sorted(found) for customer_id, found in places.items()}


def imports_of(session: Session, customer_id: UUID, language: str) -> list[dict[str, Any]]:
    """Return the imports whose rows are about the customer, with these rows as they were."""
    lines: dict[UUID, list[int]] = {}
    for place in rows_of(session, [customer_id])[customer_id]:
        lines.setdefault(place.import_id, []).append(place.line)
    imports = select(Import).where(Import.id.in_(lines)).order_by(Import.created_at)
    return [
        {
            "import_id": found.id,
            "filename": found.filename,
            "created_at": found.created_at,
            "created_by": found.created_by,
            "columns": detected_of(found).names,
            "rows": _rows(session, found, lines[found.id], language),
        }
        for found in session.scalars(imports)
    ]


def _rows(session: Session, found: Import, lines: list[int], language: str) -> list[dict[str, Any]]:
    cells = cells_of(session, found, lines)
    problems: dict[int, list[str]] = {}
    for problem in session.scalars(
        select(ProblemRow)
        .where(ProblemRow.import_id == found.id, ProblemRow.line.in_(lines))
        .order_by(ProblemRow.line, ProblemRow.position)
    ):
        problems.setdefault(problem.line, []).append(problem.reason.in_language(language))
    corrections = corrections_in(session, found.id, lines)
    return [
        {
            "row": line,
            "cells": cells.get(line),
            "corrections": corrections[line].cells if line in corrections else {},
            "problems": problems.get(line, []),
        }
        for line in lines
    ]


def cells_of(session: Session, found: Import, lines: Collection[int]) -> dict[int, list[str]]:
    """Return the cells of these rows, as far as the file is still kept."""
    if found.file_deleted_at is not None or not lines:
        return {}
    last = max(lines)
    cells = {}
    for row in data_rows(partial(storage.open_within, session, found.id), detected_of(found)):
        if row.line > last:
            break
        if row.line in lines:
            cells[row.line] = row.cells
    return cells


def detected_of(found: Import) -> Detected:
    return msgspec.convert(found.detected, Detected)
