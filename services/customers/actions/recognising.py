"""Whom somebody means who gives an id, a number, an e-mail address or a telephone number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.home import home_of
from services.customers.errors import (
    CustomerErased,
    CustomerNotFound,
    NumberNotFound,
    SeveralCustomers,
)
from services.customers.models import Customer
from services.customers.models.keys import phone_key
from shared.values import email_key


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is known of a person. `values` are read fields of the master data, none of them empty."""

    id: UUID | None = None
    number: int | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def email_key(self) -> str | None:
        email = self.values.get("email")
        return None if email is None else email_key(email)

    def phone_keys(self, home: str) -> set[str]:
        country = self.values.get("country") or home
        keys = {phone_key(self.values.get(name), country) for name in ("phone", "mobile")}
        return {key for key in keys if key is not None}


class Match(NamedTuple):
    """Who it is today, and under whose id: another one where that customer was merged into this one."""

    customer: Customer
    addressed: UUID


def recognise(session: Session, person: Description) -> Match | None:
    """Return whom the description means, None if nobody.

    An id decides, then a number, then an e-mail address, then a telephone number. Raises CustomerNotFound,
    NumberNotFound or CustomerErased where an id or number leads nowhere, and SeveralCustomers rather than
    guess.
    """
    by_id = None if person.id is None else _identified(session, person.id)
    by_number = None if person.number is None else _numbered(session, person.number)
    if by_id and by_number and by_id.customer.id != by_number.customer.id:
        raise SeveralCustomers([by_id.customer, by_number.customer])
    if by_id:
        return by_id
    by_email = _addressed(session, person)
    if by_number:
        # Numbers of a foreign system look like ours: the address has to agree, if it is somebody's.
        if by_email and by_number.customer.id not in by_email:
            raise SeveralCustomers(
                [by_number.customer, *(match.customer for match in by_email.values())]
            )
        return by_number
    return _only(by_email) or _only(_called(session, person))


def _identified(session: Session, customer_id: UUID) -> Match:
    found = queries.find(session, customer_id)
    if found is None:
        raise CustomerNotFound(customer_id=customer_id)
    return _living(session, found)


def _numbered(session: Session, number: int) -> Match:
    found = queries.people_by_number(session, [number])
    if not found:
        raise NumberNotFound(number=number)
    return _living(session, found[0])


def _living(session: Session, found: Customer) -> Match:
    [match] = _today(session, [found]).values()
    if match.customer.erased_at is not None:
        raise CustomerErased(number=found.number)
    return match


def _addressed(session: Session, person: Description) -> dict[UUID, Match]:
    key = person.email_key
    return {} if key is None else _today(session, queries.people_by_email(session, [key]))


def _called(session: Session, person: Description) -> dict[UUID, Match]:
    found = _today(session, queries.people_by_phone(session, person.phone_keys(home_of(session))))
    if person.email_key is None:
        return found
    # Several may share a telephone; who has another address than the one given is somebody else.
    return {i: match for i, match in found.items() if match.customer.email_key is None}


def _today(session: Session, found: Iterable[Customer]) -> dict[UUID, Match]:
    """Return for each person found who that is today; somebody found as such and as merged is one."""
    matches: dict[UUID, Match] = {}
    for one in sorted(found, key=lambda one: one.number):
        survivor_id = queries.survivor_of(session, one.id)
        if survivor_id == one.id:
            matches[one.id] = Match(one, one.id)
        elif survivor_id not in matches:
            survivor = queries.find(session, survivor_id)
            assert survivor is not None, "customers are never deleted"
            matches[survivor_id] = Match(survivor, one.id)
    return matches


def _only(found: dict[UUID, Match]) -> Match | None:
    if len(found) <= 1:
        return next(iter(found.values()), None)
    # A family's address or telephone: if only one of them is still active, it is that one.
    active = [match for match in found.values() if match.customer.active]
    if len(active) != 1:
        raise SeveralCustomers([match.customer for match in found.values()])
    return active[0]
