"""Acts on many customers as one unit: begun with a fixed list, done piece by piece, taken back as a whole.

Whom an operation is about is written down when it begins. A worker then takes piece after piece, each in a
transaction of its own, so that an operation on a million customers holds nobody up and goes on after a crash.
The first piece is done with the request: most operations are finished when they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, insert, literal, select, update
from sqlalchemy.orm import Session

from services.customers.actions.deactivation import (
    deactivate_these,
    reactivate_these,
    without_opt_in,
)
from services.customers.actions.history import add_for_all, take_back
from services.customers.actions.merging import undo_merges
from services.customers.errors import OperationNotFound, OperationUndone
from services.customers.models import operation_items, operations
from services.customers.queries import one_of
from services.customers.queries.operations import AT_WORK
from shared.db import new_id, utcnow, wake

CHANNEL = "operations"
AT_ONCE = 500


class Kind(NamedTuple):
    """What an operation does to some customers, and how it is taken back.

    `revert` returns how many it left as they are because somebody has changed them since.
    """

    apply: Callable[[Session, Any, list[UUID]], None]
    revert: Callable[[Session, Any, list[UUID]], int]


KINDS: dict[str, Kind] = {
    "deactivate_without_opt_in": Kind(deactivate_these, reactivate_these),
    "history_batch": Kind(add_for_all, take_back),
}


def deactivate_without_opt_in(session: Session, *, by: str) -> Any:
    """Deactivate everybody who has not allowed newsletters; return the operation."""
    return begin(session, "deactivate_without_opt_in", without_opt_in(), request={}, by=by)


def begin(
    session: Session, kind: str, whom: Select[tuple[UUID]], *, request: dict[str, Any], by: str
) -> Any:
    """Begin an operation on the customers that `whom` selects; return it after its first piece."""
    operation_id = new_id()
    session.execute(
        insert(operations).values(
            id=operation_id,
            kind=kind,
            state="running",
            count=0,
            done=0,
            kept=0,
            request=request,
            created_at=utcnow(),
            created_by=by,
        )
    )
    whom = whom.order_by(None).with_only_columns(
        literal(operation_id, operations.c.id.type), *whom.selected_columns, literal(False)
    )
    session.execute(
        insert(operation_items).from_select(("operation_id", "customer_id", "done"), whom)
    )
    count = session.scalar(
        select(func.count())
        .select_from(operation_items)
        .where(operation_items.c.operation_id == operation_id)
    )
    session.execute(update(operations).where(operations.c.id == operation_id).values(count=count))
    return _work(session, _held(session, operation_id))


def undo_operation(session: Session, operation_id: UUID, *, by: str) -> Any:
    """Take the operation back, as far as nobody has changed since what it did; return it.

    One that is still running stops where it is. Raises OperationUndone if that was done before.
    """
    operation = _held(session, operation_id)
    if operation.state in ("undoing", "undone"):
        raise OperationUndone
    changed: dict[str, Any] = {"state": "undoing", "undone_by": by}
    if operation.kind == "merge":
        kept = undo_merges(session, operation_id)
        changed = {"state": "undone", "undone_by": by, "undone_at": utcnow(), "kept": kept}
    session.execute(update(operations).where(operations.c.id == operation_id).values(changed))
    operation = _held(session, operation_id)
    return operation if operation.state == "undone" else _work(session, operation)


def work_on_operation(session: Session, operation_id: UUID) -> bool:
    """Do the next piece of the operation. False if somebody else has it in hand, or it has ended."""
    operation = session.execute(
        select(operations)
        .where(operations.c.id == operation_id, operations.c.state.in_(AT_WORK))
        .with_for_update(skip_locked=True)
    ).first()
    if operation is None:
        return False
    _work(session, operation)
    return True


def fail_operation(session: Session, operation_id: UUID, reason: str) -> None:
    """Stop an operation that cannot go on. What it has done can still be taken back."""
    session.execute(
        update(operations)
        .where(operations.c.id == operation_id, operations.c.state.in_(AT_WORK))
        .values(state="failed", failure=reason, finished_at=utcnow())
    )


def _work(session: Session, operation: Any) -> Any:
    """Do the next piece and write down how far it has come."""
    forward = operation.state == "running"
    ids = list(
        session.scalars(
            select(operation_items.c.customer_id)
            .where(
                operation_items.c.operation_id == operation.id,
                operation_items.c.done != forward,
            )
            .order_by(operation_items.c.customer_id)
            .limit(AT_ONCE)
        )
    )
    kept = 0
    if ids and forward:
        KINDS[operation.kind].apply(session, operation, ids)
    elif ids:
        kept = KINDS[operation.kind].revert(session, operation, ids)
    session.execute(
        update(operation_items)
        .where(
            operation_items.c.operation_id == operation.id,
            one_of(session, operation_items.c.customer_id, ids),
        )
        .values(done=forward)
    )
    step = len(ids) if forward else -len(ids)
    changed: dict[str, Any] = {"done": operation.done + step, "kept": operation.kept + kept}
    if len(ids) < AT_ONCE:
        changed |= (
            {"state": "finished", "finished_at": utcnow()}
            if forward
            else {"state": "undone", "undone_at": utcnow()}
        )
    else:
        wake(session, CHANNEL)
    return session.execute(
        update(operations)
        .where(operations.c.id == operation.id)
        .values(changed)
        .returning(*operations.c)
    ).one()


def _held(session: Session, operation_id: UUID) -> Any:
    operation = session.execute(
        select(operations).where(operations.c.id == operation_id).with_for_update()
    ).first()
    if operation is None:
        raise OperationNotFound(operation_id=operation_id)
    return operation
