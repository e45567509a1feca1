"""Customers arrive by themselves: an activity names somebody, who is found or registered."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from services.customers.models import activities, customers
from shared.db import Database, new_id
from shared.testing import client_of
from tests.customers.conftest import BASE
from tests.customers.telling import ACTIVITIES, ids, merge, taken, tell

ANN = {
    "first_name": "Ann",
    "last_name": "Müller",
    "email": "ann@example.de",
    "phone": "030 1234567",
}


def test_a_booking_of_somebody_new_registers_a_customer(
    client: FlaskClient, read: Callable, told: Callable
) -> None:
    answer = taken(client, customer=ANN, kind="booking", source="booking", external_id="B-1")

    assert answer["customer_created"] is True
    customer = read(answer["customer_id"])
    assert {name: customer[name] for name in ANN} == ANN
    assert customer["sources"] == ["booking"]
    (name, registered), (second, recorded) = told()
    assert (name, registered["source"]) == ("customer_registered", "booking")
    assert (second, recorded["customer_id"]) == ("activity_recorded", customer["id"])


@pytest.mark.parametrize(
    "named",
    [
        {"email": " ANN@Example.de "},
        {"phone": "+49 30 1234567"},
        {"mobile": "030/1234567"},
        {"email": "neu@example.de", "phone": "030-1234567"},
    ],
)
def test_somebody_known_is_found(client: FlaskClient, create: Callable, named: Any) -> None:
    without = {"email": None} if "phone" in named and "email" in named else {}
    customer = create(**ANN | without)

    answer = taken(client, customer=named)

    assert (answer["customer_id"], answer["customer_created"]) == (customer["id"], False)


def test_somebody_known_is_found_by_id_and_by_number(client: FlaskClient, create: Callable) -> None:
    create(last_name="Erste")
    customer = create(**ANN)

    assert taken(client, customer={"id": customer["id"]})["customer_id"] == customer["id"]
    assert taken(client, customer={"number": customer["number"]})["customer_id"] == customer["id"]


def test_who_shares_a_telephone_but_has_another_address_is_somebody_else(
    client: FlaskClient, create: Callable
) -> None:
    customer = create(**ANN)

    answer = taken(client, customer={"email": "bob@example.de", "phone": ANN["phone"]})

    assert answer["customer_created"]
    assert answer["customer_id"] != customer["id"]


def test_an_id_or_number_of_nobody_is_not_found(client: FlaskClient, create: Callable) -> None:
    assert tell(client, customer={"id": str(new_id()), **ANN}).status_code == 404
    assert tell(client, customer={"number": 17, **ANN}).status_code == 404
    assert client.get(BASE).json["total"] == 0


def test_two_who_fit_are_named_and_nobody_is_guessed(client: FlaskClient, create: Callable) -> None:
    first, second = create(**ANN), create(last_name="Müller", email=ANN["email"])

    refused = tell(client)

    assert refused.status_code == 409
    assert sorted(refused.json["customers"]) == sorted(ids([first, second]))
    assert client.get(f"{ACTIVITIES}?customer_id={first['id']}").json["total"] == 0


def test_of_two_who_fit_the_only_active_one_is_meant(client: FlaskClient, create: Callable) -> None:
    first, second = create(**ANN), create(last_name="Müller", email=ANN["email"])
    client.post(f"{BASE}/{first['id']}/deactivate")

    assert taken(client)["customer_id"] == second["id"]


def test_a_number_that_contradicts_the_address_is_refused(
    client: FlaskClient, create: Callable
) -> None:
    first, second = create(**ANN), create(last_name="Schmidt")

    by_both = tell(client, customer={"id": first["id"], "number": second["number"]})
    by_number = tell(client, customer={"number": second["number"], "email": ANN["email"]})

    assert (by_both.status_code, by_number.status_code) == (409, 409)


def test_who_was_merged_is_the_survivor(client: FlaskClient, create: Callable) -> None:
    survivor = create(last_name="Müller", email="eins@example.de", phone="030 111111")
    loser = create(last_name="Mueller", email="zwei@example.de", phone="030 222222")
    merge(client, survivor, loser)

    answers = [
        taken(client, customer={"id": loser["id"]}),
        taken(client, customer={"number": loser["number"]}),
        taken(client, customer={"email": "zwei@example.de"}),
        taken(client, customer={"phone": "030222222"}),
        taken(client, customer={"email": "zwei@example.de", "number": survivor["number"]}),
    ]

    assert {answer["customer_id"] for answer in answers} == {survivor["id"]}
    assert {answer["activity"]["customer_id"] for answer in answers} == {survivor["id"]}
    timeline = client.get(f"{ACTIVITIES}?customer_id={loser['id']}").json
    assert timeline["total"] == 5


def test_after_a_merge_is_taken_back_everything_is_with_whom_it_was_addressed_to(
    client: FlaskClient, create: Callable
) -> None:
    survivor, loser = create(last_name="Müller"), create(last_name="Mueller")
    merge(client, survivor, loser)
    to_survivor = taken(client, customer={"id": survivor["id"]})["activity"]["id"]
    to_loser = taken(client, customer={"number": loser["number"]})["activity"]["id"]
    [operation] = client.get("/api/v1/operations").json["items"]

    assert client.post(f"/api/v1/operations/{operation['id']}/undo").status_code in (200, 202)

    for customer, activity in ((survivor, to_survivor), (loser, to_loser)):
        timeline = client.get(f"{ACTIVITIES}?customer_id={customer['id']}").json
        assert ids(timeline["items"]) == [activity]
        assert timeline["items"][0]["customer_id"] == customer["id"]


def test_who_was_erased_does_not_come_back(client: FlaskClient, create: Callable) -> None:
    customer = create(**ANN)
    client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"1"'})

    assert tell(client, customer={"id": customer["id"]}).status_code == 409
    assert tell(client, customer={"number": customer["number"]}).status_code == 409
    assert client.get(f"{ACTIVITIES}?customer_id={customer['id']}").status_code == 404
    assert taken(client)["customer_created"]


def test_what_staff_wrote_is_not_overwritten_and_what_is_missing_is_filled_in(
    client: FlaskClient, create: Callable, read: Callable, told: Callable
) -> None:
    customer = create(**ANN, city="Berlin")
    told()

    taken(
        client,
        customer={
            "email": ANN["email"],
            "last_name": "Miller",
            "mobile": "0171 555555",
            "birthday": "1980-12-24",
            "street": "Hauptstr. 1",
            "city": "Köln",
        },
    )

    changed = read(customer["id"])
    assert changed["last_name"] == "Müller"
    assert (changed["mobile"], changed["birthday"]) == ("0171 555555", "1980-12-24")
    # Half an address of Cologne and half of one in Berlin would be none.
    assert (changed["street"], changed["city"]) == (None, "Berlin")
    assert changed["sources"] == ["manual", "pos"]
    assert changed["version"] == 2
    names = [(name, data.get("source")) for name, data in told()]
    assert names == [("customer_changed", "pos"), ("activity_recorded", "pos")]


def test_an_address_is_filled_in_where_nothing_speaks_against_it(
    client: FlaskClient, create: Callable, read: Callable
) -> None:
    customer = create(**ANN, city="Berlin")

    taken(client, customer={"email": ANN["email"], "city": "Berlin", "street": "Hauptstr. 1"})

    assert read(customer["id"])["street"] == "Hauptstr. 1"


def test_a_second_activity_of_the_same_source_changes_nothing_about_the_customer(
    client: FlaskClient, read: Callable, told: Callable
) -> None:
    answer = taken(client, customer=ANN)
    told()

    taken(client, customer=ANN)

    assert read(answer["customer_id"])["version"] == 1
    assert [name for name, _ in told()] == ["activity_recorded"]


def test_an_activity_does_not_reactivate(
    client: FlaskClient, create: Callable, read: Callable
) -> None:
    customer = create(**ANN)
    client.post(f"{BASE}/{customer['id']}/deactivate")

    assert taken(client)["customer_id"] == customer["id"]
    assert read(customer["id"])["active"] is False


@pytest.mark.parametrize(
    ("customer", "field"),
    [
        ({}, "customer.last_name"),
        ({"first_name": "Ann"}, "customer.last_name"),
        ({"email": "ann@example"}, "customer.email"),
        ({"phone": "12"}, "customer.phone"),
        ({"last_name": 7}, "customer.last_name"),
        ({"name": "Ann"}, "customer.name"),
        ({"active": False, "last_name": "A"}, "customer.active"),
        ({"number": 1.5}, "customer.number"),
        ({"number": 2**63}, "customer.number"),
        ({"id": "x"}, "customer.id"),
    ],
)
def test_who_cannot_be_registered_is_refused(
    client: FlaskClient, customer: Any, field: str
) -> None:
    refused = tell(client, customer=customer)

    assert refused.status_code == 422
    assert field in refused.json["errors"]
    assert client.get(BASE).json["total"] == 0


def test_the_same_external_id_is_one_activity(
    client: FlaskClient, read: Callable, told: Callable
) -> None:
    first = taken(client, customer=ANN, external_id="K-7", revenue={"amount": "9.90"})
    told()

    again = tell(client, customer=ANN, external_id="K-7", revenue={"amount": "9.90"})
    elsewhere = tell(client, customer=ANN, external_id="K-7", source="booking")

    assert again.status_code == 200
    assert again.json["activity"] == first["activity"]
    assert (again.json["customer_id"], again.json["customer_created"]) == (
        first["customer_id"],
        False,
    )
    assert elsewhere.status_code == 201, "another source has ids of its own"
    summary = client.get(f"{BASE}/{first['customer_id']}/summary").json
    assert summary["total_revenue"]["amount"] == "9.90"


def test_a_repeated_request_with_an_idempotency_key_is_answered_as_before(
    client: FlaskClient,
) -> None:
    body = {"customer": ANN, "kind": "visit", "source": "pos"}
    first, again = (
        client.post(ACTIVITIES, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json


class TestAtOnce:
    """Fifty at once."""

    @pytest.fixture
    def at_once(self, app_of: Callable[..., Flask]) -> Callable[..., list[Any]]:
        def at_once(act: Callable[[FlaskClient, int], Any]) -> list[Any]:
            app = app_of("customers", pool_size=20)
            clients = [client_of(app, ("admin",)) for _ in range(50)]
            with ThreadPoolExecutor(50) as pool:
                answers = list(pool.map(act, clients, range(50)))
            assert {answer.status_code for answer in answers} <= {200, 201}
            return [answer.json for answer in answers]

        return at_once

    @pytest.mark.parametrize(
        "named", [{"email": "Ann@Example.de"}, {"phone": "0171 5555555"}], ids=["email", "phone"]
    )
    def test_first_bookings_of_one_new_person_make_one_customer(
        self, at_once: Callable, database: Database, client: FlaskClient, named: Any
    ) -> None:
        sources = ("booking", "pos", "voucher")

        answers = at_once(
            lambda client, i: tell(
                client,
                customer={"last_name": "Müller", **named},
                kind="booking",
                source=sources[i % 3],
                external_id=f"B-{i}",
                revenue={"amount": "1.10"},
            )
        )

        assert len({answer["customer_id"] for answer in answers}) == 1
        assert Counter(answer["customer_created"] for answer in answers) == {True: 1, False: 49}
        assert len({answer["activity"]["id"] for answer in answers}) == 50
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(customers)) == 1
        customer_id = answers[0]["customer_id"]
        summary = client.get(f"{BASE}/{customer_id}/summary").json
        assert (summary["contact_count"], summary["total_revenue"]["amount"]) == (50, "55.00")
        assert sorted(client.get(f"{BASE}/{customer_id}").json["sources"]) == sorted(sources)

    def test_one_booking_told_fifty_times_is_one_activity(
        self, at_once: Callable, database: Database
    ) -> None:
        answers = at_once(
            lambda client, i: tell(
                client,
                # Each tells of another person: the booking is one all the same.
                customer={"email": f"gast{i % 5}@example.de"},
                external_id="B-1",
            )
        )

        assert len({answer["activity"]["id"] for answer in answers}) == 1
        assert len({answer["customer_id"] for answer in answers}) == 1
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(activities)) == 1
            assert session.scalar(select(func.count()).select_from(customers)) == 1
