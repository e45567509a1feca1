"""Recording what happened with customers, and the sums that quick information shows.

The sums grow with each activity, in its transaction. What is announced for later is no
last visit yet; whoever reads looks for what has come due since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.activity import CONTACTS, OWN_SOURCE, VISITS, Money
from services.customers.models import (
    activities,
    customer_revenues,
    customer_summaries,
    customers,
)
from shared.db import among, bulk_upsert, new_id, utcnow
from shared.events import customers as letters
from shared.outbox import publish

COLUMNS = tuple(column.name for column in activities.columns)
_SUMS = tuple(column.name for column in customer_summaries.columns)
_LATER = (
    "new.last_revenue_at IS NOT NULL AND (old.last_revenue_at IS NULL"
    " OR (new.last_revenue_at, new.last_revenue_id) > (old.last_revenue_at, old.last_revenue_id))"
)


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Something that happened, before it is known with whom."""

    kind: str
    source: str
    by: str
    occurred_at: datetime
    external_id: str | None = None
    description: str | None = None
    revenue: Money | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class OwnMail(NamedTuple):
    """A mail that we have sent, or the beginning of a sequence of them."""

    id: UUID
    customer_id: UUID
    occurred_at: datetime
    description: str


def record(session: Session, activity: Activity, customer_id: UUID) -> Any:
    """Record the activity of a customer who is held; None if its source has told it before."""
    activity_id, now = new_id(), utcnow()
    revenue = activity.revenue
    row = (
        activity_id,
        customer_id,
        activity.kind,
        activity.source,
        activity.external_id,
        activity.occurred_at,
        now,
        activity.by,
        activity.description,
        None if revenue is None else revenue.cents,
        None if revenue is None else revenue.currency,
        activity.attributes,
    )
    if not _insert(session, [row]):
        return None
    _add_up(session, activity_id, activity, customer_id, now)
    publish(
        session,
        letters.ActivityRecorded(
            customer_id=customer_id,
            activity_id=activity_id,
            kind=activity.kind,
            source=activity.source,
            occurred_at=activity.occurred_at,
            description=activity.description,
            revenue=None if revenue is None else letters.Money(**revenue.shown()),
            external_id=activity.external_id,
            attributes=activity.attributes,
        ),
    )
    return queries.activity_of(session, activity_id)


def record_own_mails(session: Session, kind: str, mails: Iterable[OwnMail]) -> None:
    """Put mails or sequences of our own on the timelines of those who are still there, each once."""
    latest = {mail.id: mail for mail in mails}
    living = set(
        session.scalars(
            select(customers.c.id)
            .where(
                among(customers.c.id, {mail.customer_id for mail in latest.values()}),
                customers.c.erased_at.is_(None),
            )
            .order_by(customers.c.id)
            # Nobody is erased before this is written: it would stay for ever.
            .with_for_update(read=True, key_share=True)
        )
    )
    now = utcnow()
    _insert(
        session,
        [
            (
                new_id(),
                mail.customer_id,
                kind,
                OWN_SOURCE,
                str(mail.id),
                mail.occurred_at,
                now,
                OWN_SOURCE,
                mail.description,
                None,
                None,
                {},
            )
            for mail in sorted(latest.values())
            if mail.customer_id in living
        ],
    )


def _insert(session: Session, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return bulk_upsert(
        session,
        activities,
        COLUMNS,
        rows,
        key=("source", "external_id"),
        update=(),
        returning=("id",),
    )


def _add_up(
    session: Session, activity_id: UUID, activity: Activity, customer_id: UUID, now: datetime
) -> None:
    happened = activity.kind in VISITS and activity.occurred_at <= now
    contacts = int(activity.kind in CONTACTS)
    revenue = activity.revenue
    if not (contacts or revenue):
        return
    last = (
        (None,) * 4
        if revenue is None
        else (activity.occurred_at, activity_id, revenue.cents, revenue.currency)
    )
    bulk_upsert(
        session,
        customer_summaries,
        _SUMS,
        [(customer_id, activity.occurred_at if happened else None, contacts, *last)],
        key=("customer_id",),
        update=(),
        set_={
            "last_visit_at": "CASE WHEN old.last_visit_at IS NULL OR new.last_visit_at > "
            "old.last_visit_at THEN new.last_visit_at ELSE old.last_visit_at END",
            "contact_count": "old.contact_count + new.contact_count",
            **{
                name: f"CASE WHEN {_LATER} THEN new.{name} ELSE old.{name} END"
                for name in _SUMS
                if name.startswith("last_revenue")
            },
        },
    )
    if revenue is not None:
        bulk_upsert(
            session,
            customer_revenues,
            ("customer_id", "currency", "cents"),
            [(customer_id, revenue.currency, revenue.cents)],
            key=("customer_id", "currency"),
            update=(),
            set_={"cents": "old.cents + new.cents"},
        )
