"""Taking in whom a selection means that an operation waits for. Parts may come twice and in any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.orm import Session

from services.customers.actions.operations import ENGINE
from services.customers.actions.whom import eligible
from services.customers.errors import OperationNotFound
from services.customers.models import selected_parts
from shared.db import utcnow
from shared.errors import Text


class Part(NamedTuple):
    """Some of those whom a selection means, or why there is none."""

    operation_id: UUID
    number: int
    last: bool
    customer_ids: Sequence[UUID]
    problem: Text | None = None


def take_selected(session: Session, parts: Iterable[Part]) -> None:
    """Collect whom operations are about. One whose parts are all there begins, or has been counted."""
    for part in parts:
        try:
            operation = ENGINE.held(session, part.operation_id)
        except OperationNotFound:
            continue
        if operation.state == "selecting":
            _take(session, operation, part)


def _take(session: Session, operation: Any, part: Part) -> None:
    if part.problem is not None:
        ENGINE.fail(session, operation.id, part.problem)
        ENGINE.remove_items(session, operation.id)
        _forget_parts(session, operation.id)
        return
    if not _is_new(session, part):
        return
    ENGINE.add_items(session, operation.id, eligible(session, operation.kind, part.customer_ids))
    if not _complete(session, operation.id):
        return
    _forget_parts(session, operation.id)
    if operation.request["dry_run"]:
        count = ENGINE.remove_items(session, operation.id)
        ENGINE.change(session, operation.id, state="counted", count=count, finished_at=utcnow())
    else:
        ENGINE.start(session, operation.id)


def _is_new(session: Session, part: Part) -> bool:
    known = session.scalar(
        select(func.count())
        .select_from(selected_parts)
        .where(
            selected_parts.c.operation_id == part.operation_id,
            selected_parts.c.part == part.number,
        )
    )
    if not known:
        session.execute(
            insert(selected_parts).values(
                operation_id=part.operation_id, part=part.number, last=part.last
            )
        )
    return not known


def _complete(session: Session, operation_id: UUID) -> bool:
    """True if the last part is there, and as many as its number says."""
    rows = session.execute(
        select(func.count(), func.max(case((selected_parts.c.last, selected_parts.c.part)))).where(
            selected_parts.c.operation_id == operation_id
        )
    ).one()
    return bool(rows[0] == rows[1])


def _forget_parts(session: Session, operation_id: UUID) -> None:
    session.execute(delete(selected_parts).where(selected_parts.c.operation_id == operation_id))
