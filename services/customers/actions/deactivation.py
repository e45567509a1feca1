"""Taking everybody who has not allowed newsletters off the list of active customers, and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes
from services.customers.models import customers
from shared.db import utcnow


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


def deactivate_these(session: Session, operation: Any, ids: list[UUID]) -> None:
    """Deactivate who is still active without permission; who has confirmed since stays."""
    changes = Changes(session, now=utcnow(), source="manual")
    for person in queries.people_by_id(session, ids, hold=True).values():
        if person.active and person.opt_in_state != "confirmed" and not person.gone:
            changes.set_active(person, False, operation_id=operation.id)
    changes.write()


def reactivate_these(session: Session, operation: Any, ids: list[UUID]) -> int:
    """Reactivate who is inactive by this operation alone. Returns how many were left as they are.

    Left are those whom somebody has reactivated since, also if they were deactivated again.
    """
    changes = Changes(session, now=utcnow(), source="manual")
    kept = 0
    for person in queries.people_by_id(session, ids, hold=True).values():
        if person.deactivated_by == operation.id and not person.gone:
            changes.set_active(person, True)
        else:
            kept += 1
    changes.write()
    return kept
