"""Everybody at once: whom a list is about, fixed in one moment, and what is known of thousands of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, case, cast, select
from sqlalchemy.orm import Session

from services.customers.models import customers
from services.customers.queries.lists import SORTS
from shared.db import among, as_csv, packed_ids

_CONFIRMED_AT = case((customers.c.opt_in_state == "confirmed", customers.c.opt_in_confirmed_at))
_NAMES = (
    "id", "number", "version", "active", "registered_at", "created_at", "updated_at", "salutation", "title",
    "first_name", "last_name", "company", "email", "phone", "mobile", "street", "postal_code", "city",
    "country", "birthday", "language", "note", "opt_in_state",
)  # fmt: skip
READABLE: dict[str, Any] = {name: customers.c[name] for name in _NAMES}
READABLE["active"] = cast(customers.c.active, Integer)
READABLE["opt_in_confirmed_at"] = _CONFIRMED_AT
"""What can be asked for. The moment of a consent is given only while the consent stands."""


def everybody(session: Session, *, active: bool | None, sort: str) -> bytes:
    """Return the ids of all, or of all who are active or not, in this order: 16 bytes each.

    A million of them are 16 MB, and one moment's truth however long somebody works through them.
    """
    descending = sort.startswith("-")
    column = SORTS[sort.removeprefix("-")]
    keys = [column, customers.c.id] if column is not customers.c.number else [column]
    whom = select(customers.c.id).where(
        customers.c.erased_at.is_(None), customers.c.merged_into.is_(None)
    )
    if active is not None:
        whom = whom.where(customers.c.active if active else ~customers.c.active)
    whom = whom.order_by(*(key.desc() if descending else key for key in keys))
    return packed_ids(session, whom, customers.c.id)


def rows_of(session: Session, ids: Collection[UUID], fields: Sequence[str]) -> bytes:
    """Return id and `fields` of those of these customers who are there, in no certain order, as CSV."""
    return as_csv(
        session,
        select(customers.c.id, *(READABLE[name].label(name) for name in fields)).where(
            among(customers.c.id, ids),
            customers.c.erased_at.is_(None),
            customers.c.merged_into.is_(None),
        ),
    )
