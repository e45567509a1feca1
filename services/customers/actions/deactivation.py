"""Taking many customers off the list of active ones, or back onto it, and taking that back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes
from services.customers.models import customers
from shared.db import utcnow
from shared.operations import Changed


def without_opt_in() -> Select[tuple[UUID]]:
    """Select the active customers who have not confirmed, or not again since they withdrew."""
    return select(customers.c.id).where(
        customers.c.erased_at.is_(None),
        customers.c.merged_into.is_(None),
        customers.c.active,
        customers.c.opt_in_state != "confirmed",
    )


def count_without_opt_in(session: Session) -> int:
    """Return how many `without_opt_in` selects."""
    return session.scalar(select(func.count()).select_from(without_opt_in().subquery())) or 0


def deactivate_without(session: Session, operation: Any, ids: list[UUID]) -> Changed:
    """Deactivate who is still active without permission; who has confirmed since stays."""
    return _switch(session, operation, ids, active=False, but_confirmed=True)


def deactivate_these(session: Session, operation: Any, ids: list[UUID]) -> Changed:
    """Deactivate who is still active."""
    return _switch(session, operation, ids, active=False)


def reactivate_these(session: Session, operation: Any, ids: list[UUID]) -> Changed:
    """Reactivate who is still inactive."""
    return _switch(session, operation, ids, active=True)


def switch_back(*, active: bool) -> Callable[[Session, Any, Mapping[UUID, datetime | None]], int]:
    """Return what makes those `active` again, or not, who are otherwise by an operation alone.

    It returns how many were left as they are: those whom somebody has switched since, also if they were
    switched again.
    """

    def revert(session: Session, operation: Any, items: Mapping[UUID, datetime | None]) -> int:
        changes = Changes(session, now=utcnow(), source="manual")
        kept = 0
        for person in queries.people_by_id(session, items.keys(), hold=True).values():
            if person.switched_by == operation.id and not person.gone:
                changes.set_active(person, active)
            else:
                kept += 1
        changes.write()
        return kept

    return revert


def _switch(
    session: Session, operation: Any, ids: list[UUID], *, active: bool, but_confirmed: bool = False
) -> Changed:
    changes = Changes(session, now=utcnow(), source="manual")
    for person in queries.people_by_id(session, ids, hold=True).values():
        stays = but_confirmed and person.opt_in_state == "confirmed"
        if person.active != active and not stays and not person.gone:
            changes.set_active(person, active, operation_id=operation.id)
    switched = list(changes.touched)
    changes.write()
    return Changed(switched, changes.now)
