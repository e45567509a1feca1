"""Any sequence of merges, changes and undoings leaves what a simple model says."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.customers.conftest import BASE

FIELDS = ("last_name", "company", "city", "title", "phone", "email")
VALUES = {
    "last_name": st.sampled_from([None, "Müller", "Mueller", "Özil"]),
    "company": st.sampled_from([None, "Müller GmbH", "Ähre KG"]),
    "city": st.sampled_from([None, "Köln", "Bonn"]),
    "title": st.sampled_from([None, "Dr."]),
    "phone": st.sampled_from([None, "030 1234567", "+49 171 7654321"]),
    "email": st.sampled_from([None, "a@example.com", "b@example.com"]),
}
PEOPLE = st.lists(
    st.fixed_dictionaries(
        VALUES
        | {
            "active": st.booleans(),
            "source": st.sampled_from(["manual", "pos", "booking"]),
            "word": st.sampled_from([None, "confirm", "revoke", "request"]),
        }
    ).filter(lambda p: p["last_name"] or p["company"] or p["phone"] or p["email"]),
    min_size=3,
    max_size=5,
)


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=PEOPLE, data=st.data())
def test_taking_merges_back_one_after_the_other_leaves_nothing_changed(
    client: FlaskClient, people: list[dict[str, Any]], data: st.DataObject
) -> None:
    ids = [_created(client, person) for person in people]
    before = [_seen(client, customer_id) for customer_id in ids]
    total = client.get(BASE, query_string={"active": "all"}).json["total"]

    standing, operations = list(ids), []
    while len(standing) > 1 and data.draw(st.booleans() if operations else st.just(True)):
        survivor = data.draw(st.sampled_from(standing))
        others = [i for i in standing if i != survivor]
        losers = data.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
        chosen = data.draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(losers)))
        answer = client.post(
            f"{BASE}/{survivor}/merge", json={"duplicates": losers, "choose": chosen}
        )
        if answer.status_code == 422:  # nothing would be left to know the customer by
            continue
        operations.append(answer.json["merges"][0]["operation_id"])
        standing = [i for i in standing if i not in losers]
    for operation_id in reversed(operations):
        assert client.post(f"/api/v1/operations/{operation_id}/undo").status_code == 200

    assert [_seen(client, customer_id) for customer_id in ids] == before
    assert client.get(BASE, query_string={"active": "all"}).json["total"] == total


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=PEOPLE)
def test_nobody_is_written_to_whom_one_of_the_merged_has_forbidden_it(
    client: FlaskClient, people: list[dict[str, Any]]
) -> None:
    survivor, *losers = [_created(client, person) for person in people]

    client.post(f"{BASE}/{survivor}/merge", json={"duplicates": losers})

    opt_in = client.get(f"{BASE}/{survivor}").json["opt_in"]
    words = {person["word"] for person in people}
    if "revoke" in words:
        assert opt_in["state"] == "revoked"
    if opt_in["state"] == "confirmed":
        assert "confirm" in words
        assert opt_in["confirmed_at"] is not None


@pytest.mark.parametrize("count", [2, 5])
def test_the_number_of_everybody_merged_finds_the_survivor(
    client: FlaskClient, create: Callable, count: int
) -> None:
    survivor, *losers = [create(last_name=f"Kunde {i}") for i in range(count)]
    client.post(
        f"{BASE}/{survivor['id']}/merge", json={"duplicates": [loser["id"] for loser in losers]}
    )

    for number in (customer["number"] for customer in (survivor, *losers)):
        found = client.get(BASE, query_string={"number": number}).json["items"]
        assert [c["id"] for c in found] == [survivor["id"]]
    assert client.post(BASE, json={"last_name": "Neu"}).json["number"] == count + 1


def _created(client: FlaskClient, person: dict[str, Any]) -> str:
    values = {name: value for name, value in person.items() if name != "word"}
    customer = client.post(BASE, json=values).json
    word = person["word"]
    if word and (word != "request" or person["email"]):
        body = {"action": word, "evidence": "Karte" if word == "confirm" else None}
        client.post(f"{BASE}/{customer['id']}/opt-in", json=body)
    return customer["id"]


def _seen(client: FlaskClient, customer_id: str) -> dict[str, Any]:
    customer = client.get(f"{BASE}/{customer_id}").json
    ledger = client.get(f"{BASE}/{customer_id}/opt-in").json["ledger"]
    return {
        **{k: v for k, v in customer.items() if k not in ("version", "updated_at")},
        "said": [entry for entry in ledger if entry["way"] != "merge"],
    }
