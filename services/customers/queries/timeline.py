"""Reading what happened with a customer and everybody merged into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from services.customers.activity import VISITS, Money
from services.customers.errors import CustomerNotFound
from services.customers.models import (
    Customer,
    activities,
    attributes,
    customer_revenues,
    customer_summaries,
)
from services.customers.queries.people import family_of, find
from shared.db import among

TIMELINE = ((activities.c.occurred_at, True), (activities.c.id, True))
"""Newest first; of one moment what was recorded later comes first."""


@dataclass(frozen=True)
class Summary:
    """Quick information about a customer."""

    registered_at: datetime
    last_visit_at: datetime | None
    contact_count: int
    last_revenue: Money | None
    total_revenue: Money
    revenues: list[Money]


def living_family(session: Session, customer_id: UUID) -> tuple[Customer, list[UUID]]:
    """Return who the id means today, and all ids that mean this person, that one's first.

    Raises CustomerNotFound if there is nobody or the person was erased.
    """
    family = family_of(session, customer_id)
    customer = find(session, family[0])
    if customer is None or customer.erased_at is not None:
        raise CustomerNotFound(customer_id=customer_id)
    return customer, family


def timeline(family: Sequence[UUID], *, kind: str | None, source: str | None) -> Select[Any]:
    """Select the family's activities, of one kind or source if asked for."""
    statement = select(activities).where(_of(activities.c.customer_id, family))
    if kind is not None:
        statement = statement.where(activities.c.kind == kind)
    if source is not None:
        statement = statement.where(activities.c.source == source)
    return statement


def activity_of(session: Session, activity_id: UUID) -> Any:
    """Return the activity, None if there is none."""
    return session.execute(select(activities).where(activities.c.id == activity_id)).first()


def activity_known_as(session: Session, source: str, external_id: str | None) -> Any:
    """Return the activity that a system has told before under this id of its own, None if there is none."""
    if external_id is None:
        return None
    return session.execute(
        select(activities).where(
            activities.c.source == source, activities.c.external_id == external_id
        )
    ).first()


def summary_of(session: Session, customer_id: UUID, *, now: datetime, currency: str) -> Summary:
    """Return the person's sums, those of everybody merged into it among them."""
    customer, family = living_family(session, customer_id)
    rows = session.execute(
        select(customer_summaries).where(_of(customer_summaries.c.customer_id, family))
    ).all()
    latest = max(
        (row for row in rows if row.last_revenue_at is not None),
        key=lambda row: (row.last_revenue_at, row.last_revenue_id),
        default=None,
    )
    revenues: dict[str, int] = {}
    for row in session.execute(
        select(customer_revenues).where(_of(customer_revenues.c.customer_id, family))
    ):
        revenues[row.currency] = revenues.get(row.currency, 0) + row.cents
    known = max((row.last_visit_at for row in rows if row.last_visit_at is not None), default=None)
    return Summary(
        registered_at=customer.registered_at,
        last_visit_at=_come_due(session, family, known, now) or known,
        contact_count=sum(row.contact_count for row in rows),
        last_revenue=None
        if latest is None
        else Money(latest.last_revenue_cents, latest.last_revenue_currency),
        total_revenue=Money(revenues.get(currency, 0), currency),
        revenues=[Money(cents, name) for name, cents in sorted(revenues.items())],
    )


def _come_due(
    session: Session, family: Sequence[UUID], known: datetime | None, now: datetime
) -> datetime | None:
    """Return the latest visit after the one known that was announced and has happened by now.

    Whatever had happened when it was recorded is in the sums; so only the short end of the index is read.
    """
    statement = select(func.max(activities.c.occurred_at)).where(
        _of(activities.c.customer_id, family),
        activities.c.kind.in_(VISITS),
        activities.c.occurred_at <= now,
    )
    if known is not None:
        statement = statement.where(activities.c.occurred_at > known)
    return session.scalar(statement)


def _of(column: Any, family: Sequence[UUID]) -> ColumnElement[bool]:
    # One id as such: then the index gives the rows in their order.
    return column == family[0] if len(family) == 1 else among(column, family)


def definitions_of(session: Session, scope: str) -> dict[str, Any]:
    """Return the attributes that bookings or history entries have today, by key."""
    rows = session.execute(
        select(attributes)
        .where(attributes.c.scope == scope, ~attributes.c.removed)
        .order_by(attributes.c.id)
    )
    return {row.key: row for row in rows}
