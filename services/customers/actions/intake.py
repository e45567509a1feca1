"""Customers arriving by themselves: an activity names a person, who is found or registered.

Whom it means is decided without any lock. Then that customer is held, or the register if the person is new,
and everything is looked at once more; if somebody came in between, all is decided anew. So fifty bookings of
one new person at once make one customer, and one booking told fifty times makes one activity.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.activities import Activity, record
from services.customers.actions.attributes import read_values
from services.customers.actions.changes import Changes, hold_register
from services.customers.actions.customers import new_customer
from services.customers.actions.recognising import Description, Match, recognise
from services.customers.errors import Nameless, StillBusy
from services.customers.models import Customer
from shared.db import new_id, utcnow

TRIES = 20
_ADDRESS = ("street", "postal_code", "city", "country")


Whom = Callable[[Session, Description], Match | None]


class _Arrival(NamedTuple):
    """Somebody, and what is to be recorded for them."""

    person: Description
    activity: Activity
    whom: Whom
    describe: Callable[[Customer], str] | None

    def told_of(self, customer: Customer) -> Activity:
        if self.describe is None:
            return self.activity
        return replace(self.activity, description=self.describe(customer))


class Taken(NamedTuple):
    """`customer_id`: who it is today. `known`: the activity was told before; nothing was done."""

    activity: Any
    customer_id: UUID
    customer_created: bool = False
    known: bool = False


def take_in(
    session: Session,
    person: Description,
    told: Activity,
    *,
    whom: Whom = recognise,
    describe: Callable[[Customer], str] | None = None,
) -> Taken:
    """Record the activity for whom it is about, who is registered if nobody matches.

    Of an existing customer only empty fields are filled in. An activity that its source has told before is
    returned as it is. `whom` tells who matches; `describe` writes the description, knowing the customer as
    they are then. Raises what `whom` raises, Nameless if there is nothing to register, and Invalid for
    attributes that cannot be taken; a booking needs all that are required.
    """
    for _ in range(TRIES):
        known = queries.activity_known_as(session, told.source, told.external_id)
        if known is not None:
            survivor_id = queries.survivor_of(session, known.customer_id)
            return Taken(known, survivor_id, known=True)
        activity = replace(told, attributes=_attributes(session, told))
        arrival = _Arrival(person, activity, whom, describe)
        match = whom(session, person)
        savepoint = session.begin_nested()
        taken = _register(session, arrival) if match is None else _add(session, match, arrival)
        if taken is not None:
            savepoint.commit()
            return taken
        savepoint.rollback()  # lets go of what was held
    raise StillBusy


def _attributes(session: Session, told: Activity) -> dict[str, Any]:
    return read_values(session, "booking", told.attributes, complete=told.kind == "booking")


def _register(session: Session, arrival: _Arrival) -> Taken | None:
    """Register the person; None if somebody else has done so since, or has told this activity."""
    person, now = arrival.person, utcnow()
    customer = new_customer(new_id(), person.values, now)
    if not customer.identified:
        raise Nameless("customer.")
    hold_register(session)
    if arrival.whom(session, person) is not None:
        return None
    changes = Changes(session, now=now, source=arrival.activity.source)
    changes.register(customer)
    changes.write()
    recorded = record(session, arrival.told_of(customer), customer.id)
    return None if recorded is None else Taken(recorded, customer.id, customer_created=True)


def _add(session: Session, match: Match, arrival: _Arrival) -> Taken | None:
    """Record it for an existing customer; None if that one is somebody else by now."""
    # Whoever merges, parts or erases holds the survivor: the one row is enough.
    customer = queries.find(session, match.customer.id, hold=True)
    if customer is None or customer.gone:
        return None
    if queries.survivor_of(session, match.addressed) != customer.id:
        return None
    changes = Changes(session, now=utcnow(), source=arrival.activity.source)
    draft = copy(customer)
    draft.came_from(arrival.activity.source)
    missing = _missing(customer, arrival.person.values)
    if draft.change(missing, changes.home) or draft.sources != customer.sources:
        changes.renew(customer, draft)
        changes.write()
    recorded = record(session, arrival.told_of(draft), match.addressed)
    return None if recorded is None else Taken(recorded, customer.id)


def _missing(customer: Customer, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values for fields that are empty: a till does not overwrite what staff wrote.

    An address is one thing: half of another one would make a third that does not exist.
    """
    missing = {name: value for name, value in values.items() if getattr(customer, name) is None}
    stored = {name: getattr(customer, name) for name in _ADDRESS}
    if any(kept is not None and values.get(name, kept) != kept for name, kept in stored.items()):
        return {name: value for name, value in missing.items() if name not in _ADDRESS}
    return missing
