"""Whom an act on many is about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.models import customers
from services.customers.queries import Filter
from shared.db import among


class Asked(NamedTuple):
    """Whom only the groups service knows: those of a saved selection, or of a filter over all it knows.

    Relative dates are meant in this time zone.
    """

    timezone: str
    selection_id: UUID | None = None
    filter: dict[str, Any] | None = None


Whom = Filter | Collection[UUID]

ELIGIBLE: dict[str, tuple[ColumnElement[bool], ...]] = {
    "deactivate": (customers.c.active,),
    "reactivate": (~customers.c.active,),
}
"""Whom a kind of operation would change at all."""


def eligible(session: Session, kind: str, whom: Whom) -> Select[tuple[UUID]]:
    """Select whom an operation of this kind would be about.

    Who was merged into another counts as that one; erased and unknown ones are left out.
    """
    return living(session, whom).where(*ELIGIBLE.get(kind, ()))


def count_eligible(session: Session, kind: str, whom: Whom) -> int:
    """Return how many `eligible` selects."""
    found = eligible(session, kind, whom).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def living(session: Session, whom: Whom) -> Select[tuple[UUID]]:
    """Select those of the customers who are there."""
    if isinstance(whom, Filter):
        found = queries.customer_list(session, whom, "name", None).statement
        return found.with_only_columns(customers.c.id)
    ids = set(whom)
    while moved := _merged(session, ids):
        ids = (ids - moved.keys()) | set(moved.values())
    return select(customers.c.id).where(among(customers.c.id, ids), customers.c.erased_at.is_(None))


def _merged(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    rows = session.execute(
        select(customers.c.id, customers.c.merged_into).where(
            among(customers.c.id, ids),
            customers.c.merged_into.is_not(None),
            customers.c.erased_at.is_(None),
        )
    )
    return {row.id: row.merged_into for row in rows}
