"""Reading operations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.customers.errors import OperationNotFound
from services.customers.models import OPERATIONS, merges
from shared.operations import find_operation
from shared.operations import operation_list as listed


def operation(session: Session, operation_id: UUID) -> Any:
    """Return the operation's row. Raises OperationNotFound."""
    found = find_operation(session, OPERATIONS, operation_id)
    if found is None:
        raise OperationNotFound(operation_id=operation_id)
    return found


def operation_list(kind: str | None, state: str | None) -> Select[Any]:
    """Select the operations of this kind and in this state, if given."""
    return listed(OPERATIONS, kind=kind, state=state)


OPERATION_KEYS = [(OPERATIONS.operations.c.id, True)]
"""Newest first: ids sort by the time they were made."""


def merges_of(session: Session, operation_id: UUID) -> list[Any]:
    """Return who was merged into whom by the operation, as (survivor_id, loser_id)."""
    return list(
        session.execute(
            select(merges.c.survivor_id, merges.c.loser_id)
            .where(merges.c.operation_id == operation_id)
            .order_by(merges.c.survivor_id, merges.c.loser_id)
        )
    )
