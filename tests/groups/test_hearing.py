"""What groups hears of customers: its copy is the same in whatever order it comes."""

from itertools import permutations

import pytest
from sqlalchemy import select

from services.groups.models import Contact
from shared.db import new_id, utcnow
from shared.events.customers import (
    CustomerChanged,
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
)
from tests.groups.caller import registered, snapshot


def contact(groups, customer_id):
    with groups.database.reading() as session:
        return session.get(Contact, customer_id)


def changed(customer_id, version, **fields):
    return CustomerChanged(
        customer_id=customer_id,
        version=version,
        source="manual",
        occurred_at=utcnow(),
        customer=snapshot(customer_id, version, **fields),
    )


def plain(kind, customer_id, version):
    return kind(customer_id=customer_id, version=version, occurred_at=utcnow())


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_copy_does_not_depend_on_the_order(groups, order):
    person = new_id()
    events = [
        registered(person, last_name="Alt"),
        changed(person, 2, last_name="Neu", sources=["import"]),
        plain(CustomerDeactivated, person, 3),
        plain(CustomerReactivated, person, 4),
    ]

    for number in order:
        groups.hear(events[number])

    known = contact(groups, person)
    assert (known.last_name, known.version, known.active) == ("Neu", 2, True)
    assert known.sources == ["import"]


def test_within_one_batch_the_newest_counts(groups, customer_id):
    groups.hear(changed(customer_id, 3, city="Ulm"), changed(customer_id, 2, city="Bonn"))
    groups.hear(
        plain(CustomerDeactivated, customer_id, 6), plain(CustomerDeactivated, customer_id, 5)
    )

    assert (contact(groups, customer_id).city, contact(groups, customer_id).active) == (
        "Ulm",
        False,
    )


def test_many_new_customers_are_known_at_once(groups):
    people = [new_id() for _ in range(100)]
    groups.hear(*(registered(p, email=f"{p}@example.de") for p in people))

    with groups.database.reading() as session:
        assert set(session.scalars(select(Contact.customer_id))) == set(people)


def test_nothing_is_left_of_the_erased_but_that_they_were(groups, customer_id):
    group_id = groups.group("A")
    groups.attribute("Beruf")
    groups.hear(registered(customer_id, email="anna@example.de", note="x"))
    groups.add("A", customer_id)
    groups.delete(f"/groups/{group_id}/members/{customer_id}")
    groups.add("A", customer_id)
    groups.patch(f"/attribute-values/{customer_id}", {"beruf": "Maurer"})

    groups.hear(plain(CustomerErased, customer_id, 9))
    groups.hear(changed(customer_id, 12, last_name="Zurück"))

    known = contact(groups, customer_id)
    assert known.erased_at is not None
    assert {known.last_name, known.email, known.note, known.number} == {None}
    assert groups.get("/memberships", customer_id=customer_id).json["total"] == 0
    assert groups.get(f"/attribute-values/{customer_id}").json == {}
    assert groups.told("customer_removed")[-1]["source"] == "customer_erased"
    assert groups.patch(f"/attribute-values/{customer_id}", {"beruf": "x"}).status_code == 404


def test_new_customers_join_the_default_groups_of_their_source(groups):
    groups.group("Bucher", default_for=["booking", "pos"])
    groups.group("Alle anderen")
    booked, typed = new_id(), new_id()

    groups.hear(registered(booked, "booking"), registered(typed, "manual"))

    assert groups.counts("Bucher") == (1, 1)
    [told] = groups.told("customer_added")
    assert (told["customer_id"], told["source"]) == (str(booked), "booking")
    groups.delete(f"/groups/{groups.named('Bucher')['id']}/members/{booked}")
    groups.hear(changed(booked, 2))
    assert groups.counts("Bucher") == (0, 0)
