"""Saving selections, and letting go of them without breaking what relies on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.groups import queries, selection
from services.groups.actions import locks
from services.groups.actions.relying import in_words
from services.groups.errors import SelectionExists, SelectionInUse, SelectionNotFound
from services.groups.models import Selection, SelectionReference, SelectionUse
from services.groups.selection.names import Reference
from shared.db import bulk_insert, new_id, utcnow
from shared.errors import PreconditionFailed
from shared.values import sort_key


def save_selection(
    session: Session,
    *,
    name: str,
    asked: Any,
    now: datetime,
    by: str,
    description: str = "",
) -> Selection:
    """Save the filter `asked` by a name that is new; `now` is in the business's zone.

    Raises Invalid for a wrong filter, and SelectionExists.
    """
    locks.lock_selections(session)
    selection_id = new_id()
    kept, references = selection.settled(session, asked, now=now, selection_id=selection_id)
    saved = Selection(
        id=selection_id,
        name=name,
        name_key=_free_key(session, name),
        description=description,
        filter=kept,
        version=1,
        created_by=by,
        created_at=utcnow(),
        updated_at=utcnow(),
    )
    session.add(saved)
    session.flush()
    _refer(session, selection_id, references)
    return saved


def change_selection(
    session: Session, selection_id: UUID, expected_version: int, *, now: datetime, **changes: Any
) -> Selection:
    """Rename a selection, or give it another filter. One that would contain itself is refused."""
    locks.lock_selections(session)
    saved = queries.selection(session, selection_id)
    # Compared and written under the lock that every writer of selections holds.
    if saved.version != expected_version:
        raise PreconditionFailed
    if "filter" in changes:
        changes["filter"], references = selection.settled(
            session, changes["filter"], now=now, selection_id=selection_id
        )
        _refer(session, selection_id, references)
    if "name" in changes:
        changes["name_key"] = _free_key(session, changes["name"], but=selection_id)
    for field, value in changes.items():
        setattr(saved, field, value)
    if session.is_modified(saved):
        saved.version += 1
        saved.updated_at = utcnow()
        session.flush()
    return saved


def delete_selection(
    session: Session, selection_id: UUID, expected_version: int, *, confirm: bool
) -> None:
    """Delete a selection. Raises SelectionInUse if something relies on it.

    `confirm` passes over what has been reported, not over other selections: where they have it behind a
    `not`, they would suddenly mean everybody.
    """
    locks.lock_selections(session)
    saved = queries.selection(session, selection_id)
    if saved.version != expected_version:
        raise PreconditionFailed
    uses = queries.uses_of_selection(session, selection_id)
    if any(use.kind == "selection" for use in uses) or (uses and not confirm):
        raise SelectionInUse(
            name=saved.name,
            users=in_words(uses),
            extra={"uses": [use._asdict() for use in uses]},
        )
    for table in (SelectionReference, SelectionUse):
        session.execute(delete(table).where(table.selection_id == selection_id))
    session.delete(saved)
    session.flush()


def report_use(session: Session, selection_id: UUID, *, kind: str, user_id: str, name: str) -> None:
    """Note that something relies on the selection, such as a mailing. Doing it twice renames it."""
    locks.lock_selections(session)
    if queries.selection_or_none(session, selection_id) is None:
        raise SelectionNotFound(selection_id=selection_id)
    session.merge(
        SelectionUse(
            selection_id=selection_id, kind=kind, user_id=user_id, name=name, since=utcnow()
        )
    )


def end_use(session: Session, selection_id: UUID, *, kind: str, user_id: str) -> None:
    """Note that it relies on the selection no more. Doing it twice changes nothing."""
    session.execute(
        delete(SelectionUse).where(
            SelectionUse.selection_id == selection_id,
            SelectionUse.kind == kind,
            SelectionUse.user_id == user_id,
        )
    )


def _free_key(session: Session, name: str, *, but: UUID | None = None) -> str:
    key = sort_key(name)
    other = queries.selection_called(session, key)
    if other is not None and other.id != but:
        raise SelectionExists(name=other.name)
    return key


def _refer(session: Session, selection_id: UUID, references: set[Reference]) -> None:
    session.execute(
        delete(SelectionReference).where(SelectionReference.selection_id == selection_id)
    )
    bulk_insert(
        session,
        SelectionReference.__table__,
        ("selection_id", "kind", "target"),
        [(selection_id, *reference) for reference in sorted(references)],
    )
