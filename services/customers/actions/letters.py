"""What the other services are told about a customer's version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.customers.models import Customer
from shared.events import Event
from shared.events.customers import (
    CustomerChanged,
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
    CustomerRegistered,
    CustomersMerged,
    CustomerSnapshot,
    MergeUndone,
)

Letter = Callable[[Customer], Event]
"""Tells something about the customer as of the version that it gets."""


def snapshot(customer: Customer) -> CustomerSnapshot:
    """Return the customer as the others see it."""
    return CustomerSnapshot(
        id=customer.id,
        number=customer.number,
        version=customer.version,
        active=customer.active,
        registered_at=customer.registered_at,
        salutation=customer.salutation,
        title=customer.title,
        first_name=customer.first_name,
        last_name=customer.last_name,
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        mobile=customer.mobile,
        street=customer.street,
        postal_code=customer.postal_code,
        city=customer.city,
        country=customer.country,
        birthday=customer.birthday,
        language=customer.language,
        note=customer.note,
        sources=customer.sources.split(),
        opt_in=customer.opt_in_state,
        opt_in_confirmed_at=customer.opt_in_confirmed_at,
    )


def registered(customer: Customer, source: str, now: datetime) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer.id,
        version=customer.version,
        source=source,
        occurred_at=now,
        customer=snapshot(customer),
    )


def changed(customer: Customer, source: str, now: datetime) -> CustomerChanged:
    return CustomerChanged(
        customer_id=customer.id,
        version=customer.version,
        source=source,
        occurred_at=now,
        customer=snapshot(customer),
    )


def deactivated(customer: Customer) -> CustomerDeactivated:
    return CustomerDeactivated(
        customer_id=customer.id, version=customer.version, occurred_at=customer.updated_at
    )


def reactivated(customer: Customer) -> CustomerReactivated:
    return CustomerReactivated(
        customer_id=customer.id, version=customer.version, occurred_at=customer.updated_at
    )


def erased(customer: Customer) -> CustomerErased:
    return CustomerErased(
        customer_id=customer.id, version=customer.version, occurred_at=customer.updated_at
    )


def never_came(customer: Customer) -> CustomerErased:
    """The customer goes with the import that made it: nobody has asked to be forgotten."""
    return CustomerErased(
        customer_id=customer.id,
        version=customer.version,
        occurred_at=customer.updated_at,
        reason="import_undone",
    )


def merged(
    losers: Sequence[Customer], operation_id: UUID, attributes: Mapping[str, UUID]
) -> Letter:
    return _of_merge(CustomersMerged, losers, operation_id, attributes=dict(attributes))


def merge_undone(losers: Sequence[Customer], operation_id: UUID) -> Letter:
    return _of_merge(MergeUndone, losers, operation_id)


def _of_merge(
    kind: type[CustomersMerged] | type[MergeUndone],
    losers: Sequence[Customer],
    operation_id: UUID,
    **more: Any,
) -> Letter:
    """Return a letter about the survivor. The losers' versions are read when it is written."""
    return lambda survivor: kind(
        customer_id=survivor.id,
        merged_ids=[loser.id for loser in losers],
        version=survivor.version,
        occurred_at=survivor.updated_at,
        operation_id=operation_id,
        merged_versions=[loser.version for loser in losers],
        **more,
    )
