"""The country of the business: where a telephone number is from that says none, of somebody who has none.

Telephone keys are compared only with keys made the same way. So all that are stored are made anew when the
setting has changed since.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.comparing import compare_again
from services.customers.models import Customer, customers, register
from shared.db import Database

AT_ONCE = 5_000
_FOLLOWING = ("phone_key", "mobile_key", "search")
"""What is made of telephone numbers."""


def home_of(session: Session) -> str:
    """Return the country that `know_home` has told this session's database."""
    country: str = session.info["home_country"]
    return country


def know_home(database: Database, country: str) -> None:
    """Have every session of the database know the country of the business."""
    database.info["home_country"] = country


def settle_home(session: Session, after: UUID | None) -> UUID | None:
    """Make the keys of some customers behind `after` anew; return the last of them, None if all are done."""
    country = home_of(session)
    if after is None and session.scalar(select(register.c.home_country)) == country:
        return None
    people = queries.people_after(session, after, AT_ONCE)
    if not people:
        session.execute(update(register).values(home_country=country))
        return None
    _read_anew(session, people, country)
    return people[-1].id


def _read_anew(session: Session, people: Sequence[Customer], country: str) -> None:
    before = [[getattr(person, name) for name in _FOLLOWING] for person in people]
    for person in people:
        person.index(country)
        person.make_findable()
    changed = [
        person
        for person, was in zip(people, before, strict=True)
        if [getattr(person, name) for name in _FOLLOWING] != was
    ]
    if changed:
        session.connection().execute(
            update(customers)
            .where(customers.c.id == bindparam("who"))
            .values({name: bindparam(name) for name in _FOLLOWING}),
            [
                {"who": person.id, **{name: getattr(person, name) for name in _FOLLOWING}}
                for person in changed
            ],
        )
        compare_again(session, [person.id for person in changed])
