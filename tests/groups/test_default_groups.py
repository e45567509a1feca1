"""Customers are put into the default groups of where they came from: once, and for good only if they stay."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.groups.handlers import HANDLERS
from shared.db import new_id, utcnow
from shared.events.customers import CustomerRegistered, CustomersMerged
from tests.groups.caller import registered

SOURCES = ("manual", "import", "booking", "online_order", "pos", "voucher", "web_form", "api")


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_its_own(groups, source):
    groups.group("Von dort", default_for=[source])
    groups.group("Anderswoher", default_for=[other for other in SOURCES if other != source])

    groups.hear(registered(new_id(), source))

    assert groups.counts("Von dort") == (1, 1)
    assert groups.counts("Anderswoher") == (0, 0)
    [told] = groups.told("added_to_group")
    assert (told["source"], told["start_sequences"]) == (source, "yes")


def test_who_was_taken_out_by_hand_is_not_put_back(groups):
    bookers = groups.group("Bucher", default_for=["booking"])
    anna = new_id()
    groups.hear(registered(anna, "booking"))
    groups.delete(f"/groups/{bookers}/members/{anna}")

    groups.hear(registered(anna, "booking"))  # told anew

    assert groups.counts("Bucher") == (0, 0)


def test_who_was_taken_out_and_put_back_by_hand_stays(groups):
    bookers = groups.group("Bucher", default_for=["booking"])
    anna = new_id()
    groups.hear(registered(anna, "booking"))
    groups.delete(f"/groups/{bookers}/members/{anna}")
    groups.add("Bucher", anna)

    groups.hear(registered(anna, "booking"))

    assert groups.counts("Bucher") == (1, 1)


def test_one_merged_before_their_coming_is_heard_puts_the_survivor_in(groups):
    groups.group("Bucher", default_for=["booking"])
    anna, double = new_id(), new_id()
    groups.hear(registered(anna, "manual"))
    groups.hear(
        CustomersMerged(
            customer_id=anna, merged_ids=[double], version=2, merged_versions=[2],
            occurred_at=utcnow(),
        )
    )  # fmt: skip

    groups.hear(registered(double, "booking"))

    [told] = groups.told("added_to_group")
    assert told["customer_id"] == str(anna)


def test_a_group_may_become_a_default_while_customers_arrive(groups):
    """Whoever is heard of after the change is in, and nothing waits or fails."""
    group = groups.group("Bucher")
    anna, late = [new_id() for _ in range(40)], [new_id() for _ in range(5)]

    def hear(customer_id):
        with groups.database.transaction() as session:
            HANDLERS[CustomerRegistered](session, [registered(customer_id, "booking")])

    with ThreadPoolExecutor(2) as at_once:
        arriving = at_once.submit(lambda: [hear(id_) for id_ in anna])
        time.sleep(0.02)
        answer = groups.patch(f"/groups/{group}", {"default_for": ["booking"]}, 1)
        at_once.submit(lambda: [hear(id_) for id_ in late]).result()
        arriving.result()

    assert answer.status_code == 200
    inside = {
        m["customer_id"] for m in groups.get(f"/groups/{group}/members", limit=100).json["items"]
    }
    assert {str(id_) for id_ in late} <= inside
    assert groups.counts("Bucher") == (len(inside), len(inside))


def test_a_default_group_may_be_deleted_while_customers_arrive(groups):
    group = groups.group("Bucher", default_for=["booking"])

    def hear():
        for _ in range(20):
            with groups.database.transaction() as session:
                HANDLERS[CustomerRegistered](session, [registered(new_id(), "booking")])

    with ThreadPoolExecutor(2) as at_once:
        arriving = [at_once.submit(hear) for _ in range(2)]
        time.sleep(0.05)
        answer = groups.delete(f"/groups/{group}", 1, cascade="true")
        for one in arriving:
            one.result()

    assert answer.status_code == 204
    assert groups.get("/memberships", group_id=group).json["items"] == [] or all(
        m["until"] for m in groups.get("/memberships", group_id=group).json["items"]
    )
    added, removed = len(groups.told("added_to_group")), len(groups.told("removed_from_group"))
    assert added == removed


def test_many_at_once_are_put_in_fast(groups):
    groups.group("Bucher", default_for=["booking"])
    coming = [registered(new_id(), "booking") for _ in range(5_000)]

    began = time.monotonic()
    groups.hear(*coming)

    assert groups.counts("Bucher") == (5_000, 5_000)
    assert time.monotonic() - began < 15
