"""Making several customers one, and taking that back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from services.customers import actions
from services.customers.actions import Proof
from shared.db import Database, utcnow
from tests.customers.conftest import BASE

Json = dict[str, Any]
Create = Callable[..., Json]
Told = Callable[[], list[tuple[str, Json]]]


@pytest.fixture
def merge(client: FlaskClient) -> Callable[..., TestResponse]:
    """Merge the customers into the first."""

    def merge(survivor: Json, *losers: Json, **options: Any) -> TestResponse:
        body = {"duplicates": [loser["id"] for loser in losers], **options}
        return client.post(f"{BASE}/{survivor['id']}/merge", json=body)

    return merge


@pytest.fixture
def undo(client: FlaskClient) -> Callable[[TestResponse], TestResponse]:
    def undo(merged: TestResponse) -> TestResponse:
        operation_id = merged.json["merges"][0]["operation_id"]
        return client.post(f"/api/v1/operations/{operation_id}/undo")

    return undo


def opt_in(client: FlaskClient, customer: Json, action: str, **more: Any) -> Json:
    answer = client.post(f"{BASE}/{customer['id']}/opt-in", json={"action": action, **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def state_of(client: FlaskClient, customer: Json) -> str:
    return client.get(f"{BASE}/{customer['id']}/opt-in").json["state"]


def shown(customer: Json) -> Json:
    """What a person sees of a customer: without what every change moves on."""
    return {k: v for k, v in customer.items() if k not in ("version", "updated_at")}


def test_the_survivor_keeps_what_it_has_and_gets_what_it_lacks(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    anna = create(last_name="Müller", first_name="Anna", phone="030 123456", note="Stammgast")
    other = create(
        last_name="Mueller", email="anna@example.com", city="Köln", note="mag Tee", source="pos"
    )

    merged = merge(anna, other)

    assert merged.status_code == 200
    assert merged.json["merges"][0]["merged"] == [{"id": other["id"], "number": other["number"]}]
    customer = client.get(f"{BASE}/{anna['id']}").json
    assert customer["last_name"] == "Müller"
    assert (customer["email"], customer["city"]) == ("anna@example.com", "Köln")
    assert customer["note"] == "Stammgast\nmag Tee"
    assert customer["sources"] == ["manual", "pos"]
    assert customer == merged.json["merges"][0]["customer"]


def test_what_is_chosen_is_taken_from_whom_it_is_chosen(
    create: Create, merge: Callable, read: Callable
) -> None:
    one = create(last_name="Maier", city="Bonn", email="a@example.com")
    other = create(last_name="Meyer", city="Köln", email="b@example.com")

    merge(one, other, choose={"last_name": other["id"], "email": other["id"], "city": one["id"]})

    customer = read(one["id"])
    assert (customer["last_name"], customer["email"]) == ("Meyer", "b@example.com")
    assert customer["city"] == "Bonn"


def test_a_choice_that_cannot_be_made_is_refused(create: Create, merge: Callable) -> None:
    one, other, stranger = (create(last_name=name) for name in ("Maier", "Meyer", "Huber"))

    refused = merge(one, other, choose={"number": other["id"], "city": stranger["id"]})

    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"choose.number", "choose.city"}


def test_nobody_is_merged_with_itself_or_with_nobody(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer")

    assert merge(one, one).status_code == 422
    assert merge(one, {"id": "01890000-0000-7000-8000-000000000000"}).status_code == 404
    merge(one, other)
    again = merge(one, other)
    assert again.status_code == 409
    assert again.json["merged_into"] == one["id"]


def test_a_dry_run_shows_what_would_be_and_changes_nothing(
    create: Create, merge: Callable, read: Callable, told: Told
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Maier", city="Köln")
    told()

    tried = merge(one, other, dry_run=True)

    assert tried.status_code == 200
    assert tried.json["merges"][0]["customer"]["city"] == "Köln"
    assert tried.json["merges"][0]["operation_id"] is None
    assert (read(one["id"]), read(other["id"])) == (one, other)
    assert told() == []


def test_the_merged_number_and_id_lead_to_the_survivor(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer")

    merge(one, other)

    led = client.get(f"{BASE}/{other['id']}")
    assert led.status_code == 307
    assert led.headers["Location"].endswith(f"{BASE}/{one['id']}")
    for asked in ({"q": str(other["number"])}, {"number": other["number"]}):
        found = client.get(BASE, query_string=asked).json["items"]
        assert [c["id"] for c in found] == [one["id"]]


def test_the_merged_one_leaves_lists_and_counts(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer")

    merge(one, other)

    for active in ("true", "all"):
        page = client.get(BASE, query_string={"active": active}).json
        assert [c["id"] for c in page["items"]] == [one["id"]]
        assert page["total"] == 1


def test_whoever_writes_to_the_merged_one_is_told_where_it_is(
    create: Create, merge: Callable, change: Callable, client: FlaskClient
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer")
    merge(one, other)

    for answer in (
        change(other, city="Köln"),
        client.post(f"{BASE}/{other['id']}/deactivate"),
        client.post(f"{BASE}/{other['id']}/opt-in", json={"action": "revoke"}),
        client.get(f"{BASE}/{other['id']}/opt-in"),
    ):
        assert answer.status_code == 409
        assert answer.json["merged_into"] == one["id"]


def test_a_row_of_a_file_that_means_the_merged_one_means_the_survivor(
    create: Create, merge: Callable, batch: Callable, read: Callable
) -> None:
    one = create(last_name="Maier", email="a@example.com")
    other = create(last_name="Maier", email="b@example.com")
    merge(one, other)

    by_id, by_number, by_email, old_row = batch(
        {"id": other["id"], "city": "Köln"},
        {"number": other["number"], "postal_code": "50667"},
        {"email": "b@example.com", "title": "Dr."},
        {"id": other["id"], "version": 1, "city": "Bonn"},
    )

    assert [r["status"] for r in (by_id, by_number, by_email)] == ["updated"] * 3
    assert {r["id"] for r in (by_id, by_number, by_email)} == {one["id"]}
    assert old_row["status"] == "conflict"
    customer = read(one["id"])
    assert (customer["city"], customer["postal_code"]) == ("Köln", "50667")
    assert customer["email"] == "a@example.com"


def test_the_others_hear_of_the_merge_and_then_what_came_of_it(
    create: Create, merge: Callable, told: Told
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer", city="Köln")
    told()

    merged = merge(one, other, choose={"attribute:lieblingsfarbe": other["id"]})

    [(name, fact), (changed, snapshot)] = told()
    assert (name, changed) == ("customers_merged", "customer_changed")
    assert fact["customer_id"] == one["id"]
    assert (fact["merged_ids"], fact["merged_versions"]) == ([other["id"]], [2])
    assert fact["attributes"] == {"lieblingsfarbe": other["id"]}
    assert fact["operation_id"] == merged.json["merges"][0]["operation_id"]
    assert (fact["version"], snapshot["version"]) == (2, 2)
    assert snapshot["customer"]["city"] == "Köln"


def test_undoing_restores_both(
    create: Create, merge: Callable, undo: Callable, read: Callable, client: FlaskClient
) -> None:
    one = create(last_name="Maier", note="Eins")
    other = create(last_name="Meyer", email="m@example.com", note="Zwei", source="booking")
    third = create(last_name="Mayr", phone="0171 1234567")
    opt_in(client, other, "confirm", evidence="Karte")
    before = [read(c["id"]) for c in (one, other, third)]

    merged = merge(one, other, third)
    undone = undo(merged)

    assert undone.status_code == 200
    assert (undone.json["state"], undone.json["kept"]) == ("undone", 0)
    assert [shown(read(c["id"])) for c in (one, other, third)] == [shown(c) for c in before]
    assert client.get(BASE).json["total"] == 3
    assert undo(merged).status_code == 409


def test_undoing_leaves_what_somebody_has_changed_since(
    create: Create, merge: Callable, undo: Callable, read: Callable, change: Callable
) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer", city="Köln", title="Dr.")
    merged = merge(one, other)
    change(read(one["id"]), city="Bonn", salutation="Frau")

    undo(merged)

    customer = read(one["id"])
    assert (customer["city"], customer["salutation"]) == ("Bonn", "Frau")
    assert customer["title"] is None
    assert read(other["id"])["city"] == "Köln"


def test_undoing_is_told(create: Create, merge: Callable, undo: Callable, told: Told) -> None:
    one, other = create(last_name="Maier"), create(last_name="Meyer")
    merged = merge(one, other)
    told()

    undo(merged)

    names = [name for name, _ in told()]
    assert names == ["merge_undone", "customer_changed", "customer_changed"]


def test_merges_are_undone_from_the_last_to_the_first(
    create: Create, merge: Callable, undo: Callable, read: Callable, client: FlaskClient
) -> None:
    first, second, third = (create(last_name=name) for name in ("Maier", "Meyer", "Mayr"))
    inner = merge(second, third)
    outer = merge(first, second)
    found = client.get(BASE, query_string={"q": str(third["number"])}).json["items"]
    assert [c["id"] for c in found] == [first["id"]]
    assert client.get(f"{BASE}/{third['id']}").headers["Location"].endswith(first["id"])

    assert undo(inner).status_code == 409
    assert undo(outer).status_code == 200
    assert undo(inner).status_code == 200
    assert {c["id"] for c in client.get(BASE).json["items"]} == {
        c["id"] for c in (first, second, third)
    }
    found = client.get(BASE, query_string={"q": str(third["number"])}).json["items"]
    assert [c["id"] for c in found] == [third["id"]]


def test_two_merges_into_one_are_undone_in_any_order(
    create: Create, merge: Callable, undo: Callable, read: Callable
) -> None:
    one = create(last_name="Maier")
    left = create(last_name="Meyer", source="pos")
    right = create(last_name="Mayr", source="voucher")
    first, second = merge(one, left), merge(one, right)

    undo(first)
    assert read(one["id"])["sources"] == ["manual", "voucher"]
    undo(second)

    assert shown(read(one["id"])) == shown(one)


def test_all_exact_duplicates_are_merged_in_one_call_that_can_be_taken_back(
    client: FlaskClient, create: Callable, undo: Callable
) -> None:
    anna = [
        create(first_name="Anna", last_name=name, email="anna@example.com", source=source)
        for name, source in (("Müller", "manual"), ("MÜLLER", "booking"), ("Mueller", "pos"))
    ]
    bert = [create(first_name="Bert", last_name="Özil", phone="030 1234567") for _ in range(2)]
    spouse = create(first_name="Jens", last_name="Müller", email="anna@example.com")

    tried = client.post("/api/v1/duplicates/merge", json={"dry_run": True}).json
    merged = client.post("/api/v1/duplicates/merge", json={})

    assert [m["merged"] for m in tried["merges"]] == [m["merged"] for m in merged.json["merges"]]
    found = {m["customer_id"]: {c["id"] for c in m["merged"]} for m in merged.json["merges"]}
    assert found == {
        anna[0]["id"]: {anna[1]["id"], anna[2]["id"]},
        bert[0]["id"]: {bert[1]["id"]},
    }
    assert {c["id"] for c in client.get(BASE).json["items"]} == {
        anna[0]["id"], bert[0]["id"], spouse["id"],
    }  # fmt: skip
    assert undo(merged).status_code == 200
    assert client.get(BASE).json["total"] == 6
    again = client.post("/api/v1/duplicates/merge", json={"dry_run": True}).json
    assert [m["merged"] for m in again["merges"]] == [m["merged"] for m in tried["merges"]]


# What they allow


@pytest.mark.parametrize("loser_agreed_later", [False, True])
def test_a_withdrawal_of_one_stands_for_both(
    create: Create, merge: Callable, client: FlaskClient, told: Told, loser_agreed_later: bool
) -> None:
    """Also if the other one agreed later: nobody said that they were the same person then."""
    keeps, gone = create(email="a@example.com"), create(email="a@example.com")
    agreed, withdrew = (gone, keeps) if loser_agreed_later else (keeps, gone)
    opt_in(client, withdrew, "revoke")
    opt_in(client, agreed, "confirm", evidence="Karte")
    told()

    merge(keeps, gone)

    assert state_of(client, keeps) == "revoked"
    if not loser_agreed_later:
        assert "opt_in_revoked" in [name for name, _ in told()]


def test_a_permission_goes_on_for_its_address_only(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    same, agreed = create(email="a@example.com"), create(email="A@Example.com")
    opt_in(client, agreed, "confirm", evidence="Karte")
    elsewhere, other = create(email="b@example.com"), create(email="c@example.com")
    opt_in(client, other, "confirm", evidence="Karte")

    merge(same, agreed)
    merge(elsewhere, other)

    assert state_of(client, same) == "confirmed"
    assert state_of(client, elsewhere) == "none"


def test_the_ledger_shows_both_histories_and_the_merge(
    create: Create, merge: Callable, client: FlaskClient
) -> None:
    keeps, gone = create(email="a@example.com"), create(email="a@example.com")
    opt_in(client, keeps, "confirm", evidence="Karte")
    opt_in(client, gone, "revoke")

    merge(keeps, gone)

    ledger = client.get(f"{BASE}/{keeps['id']}/opt-in").json["ledger"]
    assert [(e["action"], e["way"]) for e in ledger] == [
        ("confirmed", "by_hand"),
        ("revoked", "by_hand"),
        ("revoked", "merge"),
    ]


def test_a_no_to_an_old_mail_of_the_merged_one_stops_the_survivor(
    create: Create, merge: Callable, undo: Callable, client: FlaskClient, database: Database
) -> None:
    keeps, gone = create(email="a@example.com"), create(email="a@example.com")
    for customer in (keeps, gone):
        opt_in(client, customer, "confirm", evidence="Karte")
    merged = merge(keeps, gone)

    with database.transaction() as session:
        actions.revoke_opt_ins(session, [(_id(gone), utcnow(), Proof(way="link"))])

    assert state_of(client, keeps) == "revoked"
    undo(merged)
    assert state_of(client, gone) == "revoked"


def test_a_no_of_the_survivor_stays_with_both_when_they_part(
    create: Create, merge: Callable, undo: Callable, client: FlaskClient
) -> None:
    keeps, gone = create(email="a@example.com"), create(email="a@example.com")
    for customer in (keeps, gone):
        opt_in(client, customer, "confirm", evidence="Karte")
    merged = merge(keeps, gone)

    opt_in(client, keeps, "revoke")
    undo(merged)

    assert (state_of(client, keeps), state_of(client, gone)) == ("revoked", "revoked")


def test_a_click_in_the_merged_ones_invitation_counts_for_the_same_address(
    create: Create, merge: Callable, client: FlaskClient, database: Database
) -> None:
    keeps, gone = create(email="a@example.com"), create(email="a@example.com")
    opt_in(client, gone, "request")
    merge(keeps, gone)

    with database.transaction() as session:
        click = (_id(gone), utcnow(), "a@example.com", Proof(way="click", wording="Ja"))
        actions.accept_opt_ins(session, [click])

    assert state_of(client, keeps) == "confirmed"


# Erasing


def test_erasing_the_survivor_erases_whoever_is_part_of_it(
    create: Create, merge: Callable, read: Callable, client: FlaskClient, told: Told,
    database: Database,
) -> None:  # fmt: skip
    one, other = create(last_name="Maier"), create(last_name="Meyer", email="m@example.com")
    merged = merge(one, other)
    version = read(one["id"])["version"]
    told()

    answer = client.delete(f"{BASE}/{one['id']}", headers={"If-Match": f'"{version}"'})

    assert answer.status_code == 204
    erased = [body["customer_id"] for name, body in told() if name == "customer_erased"]
    assert set(erased) == {one["id"], other["id"]}
    assert client.get(f"{BASE}/{other['id']}").status_code == 404
    with database.reading() as session:
        left = session.execute(text("SELECT last_name, email, note, search FROM customers")).all()
    assert all(row[:3] == (None, None, None) for row in left)
    operation_id = merged.json["merges"][0]["operation_id"]
    assert client.post(f"/api/v1/operations/{operation_id}/undo").status_code == 409


def _id(customer: Json) -> UUID:
    return UUID(customer["id"])
