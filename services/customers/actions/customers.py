"""What is done with one customer at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes
from services.customers.errors import Nameless
from services.customers.models import Customer
from shared.db import new_id, utcnow
from shared.errors import PreconditionFailed


def register_customer(session: Session, values: dict[str, Any], *, source: str) -> Customer:
    """Take in a new customer, who gets the next number. `values` are read fields (see `fields`)."""
    now = utcnow()
    customer = new_customer(new_id(), values, now)
    if not customer.identified:
        raise Nameless
    changes = Changes(session, now=now, source=source)
    changes.register(customer)
    changes.write()
    return customer


def new_customer(customer_id: UUID, values: dict[str, Any], now: datetime) -> Customer:
    """Return a customer who is not registered yet."""
    return Customer(
        id=customer_id,
        created_at=now,
        updated_at=now,
        **{"registered_at": now.replace(microsecond=0), **values},
    )


def change_customer(
    session: Session, customer_id: UUID, values: dict[str, Any], *, version: int, source: str
) -> Customer:
    """Take over the values, if the customer still has the version that the caller has read."""
    customer = held(session, customer_id, version)
    changes = Changes(session, now=utcnow(), source=source)
    values = dict(values)
    active = values.pop("active", customer.active)
    customer = changes.change(customer, values)
    customer = changes.set_active(customer, active)
    changes.write()
    return customer


def deactivate_customer(session: Session, customer_id: UUID) -> Customer:
    """Take the customer off the list of active ones. Doing it twice changes nothing and tells nobody."""
    return _set_active(session, customer_id, active=False)


def reactivate_customer(session: Session, customer_id: UUID) -> Customer:
    """Put the customer back on the list of active ones."""
    return _set_active(session, customer_id, active=True)


def held(session: Session, customer_id: UUID, version: int | None = None) -> Customer:
    """Return the customer, whom nobody else can change until this transaction ends.

    Raises CustomerNotFound, CustomerMerged, or PreconditionFailed if it has another version than the caller
    has read.
    """
    customer = queries.present(session, customer_id, hold=True)
    if version is not None and customer.version != version:
        raise PreconditionFailed
    return customer


def _set_active(session: Session, customer_id: UUID, *, active: bool) -> Customer:
    customer = held(session, customer_id)
    changes = Changes(session, now=utcnow(), source="manual")
    customer = changes.set_active(customer, active)
    changes.write()
    return customer
