"""What this service does with many customers as one unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from services.customers.actions.deactivation import (
    deactivate_these,
    deactivate_without,
    reactivate_these,
    switch_back,
    without_opt_in,
)
from services.customers.actions.history import add_for_all, take_back
from services.customers.actions.merging import undo_merges
from services.customers.actions.whom import Asked, Whom, eligible
from services.customers.errors import NothingToUndo, OperationNotFound
from services.customers.models import OPERATIONS
from services.customers.queries import Filter
from shared.db import new_id, utcnow
from shared.events.customers import SelectionAsked
from shared.operations import AT_ONCE, Kind, Operations, OperationUndone
from shared.outbox import publish

__all__ = ["AT_ONCE", "ENGINE", "act_on", "deactivate_without_opt_in", "undo_operation"]

ENGINE = Operations(
    OPERATIONS,
    {
        "deactivate": Kind(deactivate_these, switch_back(active=True)),
        "deactivate_without_opt_in": Kind(deactivate_without, switch_back(active=True)),
        "history_batch": Kind(add_for_all, take_back),
        "reactivate": Kind(reactivate_these, switch_back(active=False)),
    },
    OperationNotFound,
)


def deactivate_without_opt_in(session: Session, *, by: str) -> Any:
    """Deactivate everybody who has not allowed newsletters; return the operation."""
    return ENGINE.begin(session, "deactivate_without_opt_in", without_opt_in(), request={}, by=by)


def act_on(
    session: Session,
    kind: str,
    whom: Whom | Asked,
    *,
    request: Mapping[str, Any] | None = None,
    by: str,
    dry_run: bool = False,
) -> Any:
    """Begin an operation of this kind on the customers; return it.

    Of whom only another service knows the list, the operation waits in state `selecting`; with `dry_run` it
    ends in state `counted` then and does nothing.
    """
    request = dict(request or {})
    if isinstance(whom, Asked):
        return _ask(session, kind, whom, request, by=by, dry_run=dry_run)
    if isinstance(whom, Filter):
        request["selection"] = msgspec.to_builtins(whom)
    return ENGINE.begin(session, kind, eligible(session, kind, whom), request=request, by=by)


def _ask(
    session: Session, kind: str, asked: Asked, request: dict[str, Any], *, by: str, dry_run: bool
) -> Any:
    selection = {"selection_id": asked.selection_id, "filter": asked.filter}
    request["selection"] = msgspec.to_builtins(
        {name: value for name, value in selection.items() if value is not None}
    )
    request["dry_run"] = dry_run
    operation_id = ENGINE.note(
        session, kind, request=request, by=by, state="selecting", operation_id=new_id()
    )
    publish(
        session,
        SelectionAsked(
            request_id=operation_id,
            asked_at=utcnow(),
            timezone=asked.timezone,
            selection_id=asked.selection_id,
            filter=asked.filter,
        ),
    )
    return ENGINE.held(session, operation_id)


def undo_operation(session: Session, operation_id: UUID, *, by: str) -> Any:
    """Take the operation back, as far as nobody has changed since what it did; return it.

    One that is still running stops where it is. Raises OperationUndone if that was done before, and
    NothingToUndo for one that only counted.
    """
    operation = ENGINE.held(session, operation_id)
    if operation.state in ("undoing", "undone"):
        raise OperationUndone
    if operation.state == "counted":
        raise NothingToUndo
    undone = {"state": "undone", "undone_by": by, "undone_at": utcnow()}
    if operation.kind == "merge":
        kept = undo_merges(session, operation_id)
        return ENGINE.change(session, operation_id, **undone, kept=kept)
    if operation.state == "selecting":
        ENGINE.remove_items(session, operation_id)
        return ENGINE.change(session, operation_id, **undone)
    return ENGINE.undo(session, operation_id, by=by)
