"""Reading operations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.customers.errors import OperationNotFound
from services.customers.models import merges, operations

AT_WORK = ("running", "undoing")


def operation(session: Session, operation_id: UUID) -> Any:
    """Return the operation's row. Raises OperationNotFound."""
    found = session.execute(select(operations).where(operations.c.id == operation_id)).first()
    if found is None:
        raise OperationNotFound(operation_id=operation_id)
    return found


def operation_list(kind: str | None, state: str | None) -> Select[Any]:
    """Select the operations of this kind and in this state, if given."""
    found = select(operations)
    if kind is not None:
        found = found.where(operations.c.kind == kind)
    if state is not None:
        found = found.where(operations.c.state == state)
    return found


OPERATION_KEYS = [(operations.c.id, True)]
"""Newest first: ids sort by the time they were made."""


def operation_at_work(session: Session) -> UUID | None:
    """Return the operation that began first of those still running or being taken back."""
    return session.scalar(
        select(operations.c.id)
        .where(operations.c.state.in_(AT_WORK))
        .order_by(operations.c.id)
        .limit(1)
    )


def merges_of(session: Session, operation_id: UUID) -> list[Any]:
    """Return who was merged into whom by the operation, as (survivor_id, loser_id)."""
    return list(
        session.execute(
            select(merges.c.survivor_id, merges.c.loser_id)
            .where(merges.c.operation_id == operation_id)
            .order_by(merges.c.survivor_id, merges.c.loser_id)
        )
    )
