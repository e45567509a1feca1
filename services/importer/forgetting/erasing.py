"""Letting go of people, and of files whose time is over.

Cells of a person are in the file and its corrections, in bad rows and their problems, and in what is shown
of columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from services.importer.files.corrections import corrections_in, forget_corrections
from services.importer.forgetting.persons import COLUMNS, TABLE, cells_of, detected_of, rows_of
from services.importer.models import (
    BadRow,
    ErasedCustomer,
    FilePart,
    Import,
    ImportRow,
    ProblemRow,
    SheetPart,
    State,
)
from shared.db import among, bulk_insert, bulk_upsert, utcnow
from shared.events.importer import CustomerForgotten
from shared.forgetting import forget
from shared.outbox import publish

IMPORTS_AT_ONCE = 20


def erase(session: Session, erased: Mapping[UUID, datetime]) -> None:
    """Let go of people. Whose rows are in a file that is being imported are told as gone at its end."""
    # Who writes down rows holds the import's lock, so each finds the other.
    session.execute(select(Import.id).where(Import.state == State.running).with_for_update())
    bulk_upsert(
        session,
        ErasedCustomer.__table__,  # type: ignore[arg-type]
        ("customer_id", "erased_at"),
        sorted(erased.items()),
        key=("customer_id",),
        update=(),
    )
    places = rows_of(session, erased)
    touched = {place.import_id for found in places.values() for place in found}
    imports = {
        found.id: found
        for found in session.scalars(
            select(Import)
            .where(Import.id.in_(touched))
            .order_by(Import.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    lines: dict[UUID, set[int]] = {}
    waiting: list[tuple[UUID, int, UUID]] = []
    for customer_id, found in places.items():
        for place in found:
            lines.setdefault(place.import_id, set()).add(place.line)
            if imports[place.import_id].state == State.running:
                waiting.append((*place, customer_id))
    for import_id, its in lines.items():
        _let_go(session, imports[import_id], its)
    session.execute(delete(ImportRow).where(among(ImportRow.customer_id, erased.keys())))
    bulk_insert(session, TABLE, COLUMNS, waiting)
    forget(session, [*erased, *touched])
    pending = {customer_id for _, _, customer_id in waiting}
    _tell(session, [customer_id for customer_id in erased if customer_id not in pending])


def settle(session: Session, import_id: UUID) -> None:
    """At the end of an import: delete its file if somebody in it was erased meanwhile, and tell it."""
    about_erased = (
        select(ImportRow)
        .join(ErasedCustomer, ErasedCustomer.customer_id == ImportRow.customer_id)
        .where(ImportRow.import_id == import_id)
    )
    rows = session.scalars(about_erased).all()
    if not rows:
        return
    ended = session.get_one(Import, import_id, populate_existing=True)
    _let_go(session, ended, {row.line for row in rows})
    people = {row.customer_id for row in rows}
    session.execute(
        delete(ImportRow).where(
            ImportRow.import_id == import_id, among(ImportRow.customer_id, people)
        )
    )
    forget(session, [*people, import_id])
    elsewhere = set(
        session.scalars(select(ImportRow.customer_id).where(among(ImportRow.customer_id, people)))
    )
    _tell(session, sorted(people - elsewhere))


def expire(session: Session, before: datetime) -> int:
    """Delete what is left of some imports that ended, or were never started, before that moment."""
    left = or_(
        *(exists().where(column == Import.id) for column in (BadRow.import_id, ImportRow.import_id))
    )
    ended = session.scalars(
        select(Import)
        .where(
            or_(Import.file_deleted_at.is_(None), left),
            Import.state != State.running,
            or_(
                Import.finished_at < before,
                Import.finished_at.is_(None) & (Import.created_at < before),
            ),
        )
        .order_by(Import.created_at)
        .limit(IMPORTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [one.id for one in ended]
    for one in ended:
        _drop_file(session, one)
    for column in (BadRow.import_id, ProblemRow.import_id, ImportRow.import_id):
        session.execute(delete(column.class_).where(column.in_(ids)))
    return len(ids)


def _let_go(session: Session, found: Import, lines: set[int]) -> None:
    """Delete these rows of an import, refused ones of the same address, and the file if nobody reads it."""
    lines = lines | _same_address(session, found, lines)
    for column in (BadRow.line, ProblemRow.line):
        table: Any = column.class_
        session.execute(delete(table).where(table.import_id == found.id, column.in_(lines)))
    forget_corrections(session, found.id, lines)
    if found.state != State.running:
        _drop_file(session, found)


def _same_address(session: Session, found: Import, lines: set[int]) -> set[int]:
    """Return the bad rows with an e-mail address from one of the lines: a refused row has no customer."""
    mapping = found.chosen.mapping
    names = detected_of(found).names
    columns = [n for n, name in enumerate(names) if mapping.get(name) == "email"]
    own = {a for cells in cells_of(session, found, lines).values() for a in _picked(cells, columns)}
    corrections = {
        line: set(_picked([one.cells.get(name, "") for name in names], columns))
        for line, one in corrections_in(session, found.id).items()
    }
    own = own.union(*(corrections[line] for line in lines & corrections.keys()))
    if not own:
        return set()
    bad = session.execute(select(BadRow.line, BadRow.cells).where(BadRow.import_id == found.id))
    return {
        line
        for line, cells in bad
        if own.intersection(_picked(cells, columns)) or own & corrections.get(line, set())
    }


def _picked(cells: Sequence[str], columns: Iterable[int]) -> Iterator[str]:
    for column in columns:
        if column < len(cells) and (address := cells[column].strip().casefold()):
            yield address


def _drop_file(session: Session, found: Import) -> None:
    """Delete the file and what is shown of its cells; what is said of it as a whole stays."""
    for part in (FilePart, SheetPart):
        session.execute(delete(part).where(part.import_id == found.id))
    forget_corrections(session, found.id)
    detected = detected_of(found)
    for column in detected.columns:
        column.samples = []
    found.detected = msgspec.to_builtins(detected)
    found.file_deleted_at = found.file_deleted_at or utcnow()
    found.version += 1


def _tell(session: Session, customer_ids: Iterable[UUID]) -> None:
    now = utcnow()
    publish(session, *(CustomerForgotten(customer_id=c, occurred_at=now) for c in customer_ids))
