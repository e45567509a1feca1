"""Everything that this service knows of a person (GDPR Art. 15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Column, select
from sqlalchemy.orm import Session

from services.customers.models import (
    activities,
    consent_ledger,
    customer_changes,
    customers,
    groups,
    history_entries,
    memberships,
)
from services.customers.queries.people import family_of
from shared.db import among

_INTERNAL = {
    "email_key", "phone_key", "mobile_key", "name_code", "name_sort", "search", "erased_at",
    "switched_by",
}  # fmt: skip


def personal_data(session: Session, customer_id: UUID) -> dict[str, Any]:
    """Return what is stored of the customer and of everybody merged into it; `ids` are theirs."""
    family = family_of(session, customer_id)

    def about(key: Column[UUID], *order: Column[Any]) -> list[dict[str, Any]]:
        rows = session.execute(select(key.table).where(among(key, family)).order_by(*order))
        return [
            {name: value for name, value in row.items() if name not in _INTERNAL}
            for row in rows.mappings()
        ]

    people = about(customers.c.id, customers.c.number)
    in_groups = session.execute(
        select(
            groups.c.path, memberships.c.customer_id, memberships.c.member, memberships.c.changed_at
        )
        .join(groups, groups.c.id == memberships.c.group_id)
        .where(among(memberships.c.customer_id, family))
        .order_by(groups.c.path)
    )
    return {
        "ids": family,
        "number": next(person["number"] for person in people if person["id"] == family[0]),
        "customers": people,
        "consent": about(consent_ledger.c.customer_id, consent_ledger.c.id),
        "activities": [
            _with_revenue(row) for row in about(activities.c.customer_id, activities.c.occurred_at)
        ],
        "changes": about(customer_changes.c.customer_id, customer_changes.c.version),
        "history": about(history_entries.c.customer_id, history_entries.c.date),
        "groups": [dict(row) for row in in_groups.mappings()],
    }


def _with_revenue(row: dict[str, Any]) -> dict[str, Any]:
    cents, currency = row.pop("revenue_cents"), row.pop("currency")
    if cents is not None:
        sign = "-" if cents < 0 else ""
        amount = f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
        row["revenue"] = {"amount": amount, "currency": currency}
    return row
