"""Reading operations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.errors import Text
from shared.operations.tables import AT_WORK, OperationTables


def find_operation(session: Session, tables: OperationTables, operation_id: UUID) -> Any | None:
    """Return the operation's row, if there is one."""
    operations = tables.operations
    return session.execute(select(operations).where(operations.c.id == operation_id)).first()


def why_it_failed(operation: Any, language: str) -> str | None:
    """Return why the operation stopped, in the language of the reader; None if it did not."""
    if operation.failure_de is None:
        return None if operation.failure is None else str(operation.failure)
    return Text(operation.failure, de=operation.failure_de).in_language(language)


def operation_list(
    tables: OperationTables, *, kind: str | None = None, state: str | None = None
) -> Select[Any]:
    """Select the operations of this kind and in this state, if given.

    To be sorted by id: they sort by the time they were made.
    """
    operations = tables.operations
    found = select(operations)
    if kind is not None:
        found = found.where(operations.c.kind == kind)
    if state is not None:
        found = found.where(operations.c.state == state)
    return found


def operation_at_work(session: Session, tables: OperationTables) -> UUID | None:
    """Return the operation that began first of those still running or being taken back."""
    operations = tables.operations
    return session.scalar(
        select(operations.c.id)
        .where(operations.c.state.in_(AT_WORK))
        .order_by(operations.c.id)
        .limit(1)
    )
