"""Finding customers by what identifies them, one or thousands at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from services.customers.errors import CustomerMerged, CustomerNotFound
from services.customers.models import Customer, customers
from shared.db import among

_ONE = select(customers).where(customers.c.id == bindparam("customer_id"))
_ONE_HELD = _ONE.with_for_update()


def find(session: Session, customer_id: UUID, *, hold: bool = False) -> Customer | None:
    """Return the customer, erased or not. `hold` keeps everybody else from changing it meanwhile."""
    row = session.execute(_ONE_HELD if hold else _ONE, {"customer_id": customer_id}).first()
    return None if row is None else customer_of(row)


def present(session: Session, customer_id: UUID, *, hold: bool = False) -> Customer:
    """Return the customer. Raises CustomerNotFound or, if it is part of another one, CustomerMerged."""
    customer = find(session, customer_id, hold=hold)
    if customer is None or customer.erased_at is not None:
        raise CustomerNotFound(customer_id=customer_id)
    if customer.merged_into is not None:
        raise CustomerMerged(customer_id, survivor_of(session, customer.merged_into))
    return customer


def people_by_id(
    session: Session, ids: Collection[UUID], *, hold: bool = False
) -> dict[UUID, Customer]:
    """Return these customers, erased ones too. Held in the order of ids: two batches cannot deadlock."""
    if not ids:
        return {}
    statement = select(customers).where(among(customers.c.id, ids))
    if hold:
        statement = statement.order_by(customers.c.id).with_for_update()
    return {person.id: person for person in _people(session, statement)}


def people_after(session: Session, after: UUID | None, limit: int) -> list[Customer]:
    """Return the next customers in the order of their ids, held; erased ones are left out."""
    statement = select(customers).where(customers.c.erased_at.is_(None))
    if after is not None:
        statement = statement.where(customers.c.id > after)
    return _people(session, statement.order_by(customers.c.id).limit(limit).with_for_update())


def people_by_number(session: Session, numbers: Collection[int]) -> list[Customer]:
    """Return the customers with these numbers, erased ones too."""
    if not numbers:
        return []
    return _people(session, select(customers).where(among(customers.c.number, numbers)))


def people_by_email(session: Session, keys: Collection[str]) -> list[Customer]:
    """Return the customers whose address has one of these comparison keys."""
    if not keys:
        return []
    return _people(session, select(customers).where(among(customers.c.email_key, keys)))


def people_by_phone(session: Session, keys: Collection[str]) -> list[Customer]:
    """Return the customers who have a telephone or a mobile with one of these comparison keys."""
    if not keys:
        return []
    either = or_(customers.c.phone_key.in_(keys), customers.c.mobile_key.in_(keys))
    return _people(session, select(customers).where(either))


def ids_by_email(session: Session, keys: Collection[str]) -> set[UUID]:
    """Return who has one of these addresses by now."""
    if not keys:
        return set()
    return set(session.scalars(select(customers.c.id).where(among(customers.c.email_key, keys))))


def survivor_of(session: Session, customer_id: UUID) -> UUID:
    """Return whom the id means today: the customer that this one was merged into, or itself."""
    while into := session.scalar(
        select(customers.c.merged_into).where(customers.c.id == customer_id)
    ):
        customer_id = into
    return customer_id


def family_of(session: Session, customer_id: UUID) -> list[UUID]:
    """Return the survivor that the id means, and then everybody who was merged into it, over all steps."""
    family = [survivor_of(session, customer_id)]
    generation = family
    while generation:
        generation = list(
            session.scalars(
                select(customers.c.id)
                .where(among(customers.c.merged_into, generation))
                .order_by(customers.c.id)
            )
        )
        family = family + generation
    return family


def erased_of(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these customers were erased."""
    return set(
        session.scalars(
            select(customers.c.id).where(
                among(customers.c.id, ids), customers.c.erased_at.is_not(None)
            )
        )
    )


def merged_into(
    session: Session, customer_id: UUID, *, but: Collection[UUID] = ()
) -> list[Customer]:
    """Return who was merged into the customer directly, except these."""
    found = _people(
        session,
        select(customers).where(customers.c.merged_into == customer_id).order_by(customers.c.id),
    )
    return [person for person in found if person.id not in but]


def versions_held(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """Hold these customers in the order of their ids and return the version each has now."""
    rows = session.execute(
        select(customers.c.id, customers.c.version)
        .where(among(customers.c.id, ids))
        .order_by(customers.c.id)
        .with_for_update()
    )
    return {row.id: row.version for row in rows}


def _people(session: Session, statement: Select[Any]) -> list[Customer]:
    return [customer_of(row) for row in session.execute(statement)]


_FIELDS = Customer.__struct_fields__


def customer_of(row: Any) -> Customer:
    """Return the customer in a row of the table."""
    return Customer(**dict(zip(_FIELDS, row, strict=False)))
