"""One customer: created, read, changed, deactivated, erased."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.customers.models import customers
from shared.db import Database
from tests.customers.conftest import BASE

FULL = {
    "salutation": "Frau",
    "title": "Dr.",
    "first_name": "Änne",
    "last_name": "Großmann",
    "company": "Großmann & Söhne GmbH",
    "email": "Aenne.Grossmann@Example.DE",
    "phone": "030 / 123 45-67",
    "mobile": "+49 171 1234567",
    "street": "Straße des 17. Juni 1",
    "postal_code": "01069",
    "city": "Dresden",
    "country": "DE",
    "birthday": "1980-02-29",
    "language": "de",
    "note": "erste Zeile\nzweite Zeile",
}


def test_a_new_customer_is_kept_as_it_was_given(
    client: FlaskClient, create: Callable, read: Callable
) -> None:
    customer = create(**FULL)

    kept = read(customer["id"])
    assert kept == customer
    assert {name: kept[name] for name in FULL} == FULL | {"email": "Aenne.Grossmann@example.de"}
    assert (kept["number"], kept["version"], kept["active"]) == (1, 1, True)
    assert kept["sources"] == ["manual"]
    assert kept["opt_in"] == {
        "state": "none",
        "requested_at": None,
        "confirmed_at": None,
        "revoked_at": None,
    }
    assert kept["groups"] == []
    assert kept["created_at"] == kept["updated_at"]
    assert kept["registered_at"] == kept["created_at"][:19] + "Z"


def test_a_new_customer_is_told_with_everything_known(create: Callable, told: Callable) -> None:
    customer = create(**FULL, source="pos")

    [(name, data)] = told()
    assert name == "customer_registered"
    assert (data["customer_id"], data["version"], data["source"]) == (customer["id"], 1, "pos")
    same = data["customer"].keys() - {"opt_in"}
    assert {key: data["customer"][key] for key in same} == {key: customer[key] for key in same}
    assert set(FULL) <= same


def test_the_answer_says_where_the_customer_is_and_its_version(client: FlaskClient) -> None:
    response = client.post(BASE, json={"company": "Salon Schön"})

    assert response.headers["Location"] == f"{BASE}/{response.json['id']}"
    assert response.headers["ETag"] == '"1"'
    assert client.get(response.headers["Location"]).headers["ETag"] == '"1"'


def test_one_thing_to_know_a_customer_by_is_enough(create: Callable) -> None:
    for field in ("last_name", "company", "email", "phone", "mobile"):
        assert create(**{field: FULL[field]})["version"] == 1


def test_a_customer_whom_nobody_could_know_is_refused(client: FlaskClient) -> None:
    for values in ({}, {"first_name": "Anna"}, {"last_name": " ", "email": None}):
        response = client.post(BASE, json=values, headers={"Accept-Language": "de"})

        assert response.status_code == 422
        assert "mindestens Nachname" in response.json["errors"]["last_name"][0]


IMPOSSIBLE: list[tuple[str, object, str]] = [
    ("email", "ann@example", "e-mail"),
    ("birthday", "24.12.1980", "1980-12-24"),
    ("birthday", "2099-01-01", "birthday"),
    ("birthday", "1981-02-29", "date"),
    ("country", "Atlantis", "country"),
    ("language", "klingonisch", "language"),
    ("phone", "siehe Notiz", "telephone"),
    ("first_name", "x" * 201, "too long"),
    ("first_name", "a\tb\x07", "control"),
    ("last_name", "a\nb", "one line"),
    ("last_name", 7, "not text"),
    ("active", "ja", "true or false"),
    ("active", None, "null"),
    ("registered_at", "2026-01-01T00:00:00", "time zone"),
    ("registered_at", "2999-01-01T00:00:00Z", "future"),
    ("number", 7, "Unknown field"),
    ("opt_in", {"state": "confirmed"}, "Unknown field"),
    ("source", "elsewhere", "one of"),
]


def test_a_value_that_cannot_be_is_refused_at_its_field(client: FlaskClient) -> None:
    for field, value, part in IMPOSSIBLE:
        response = client.post(BASE, json={"last_name": "Müller", field: value})

        assert response.status_code == 422, field
        assert part in response.json["errors"][field][0]
    assert client.get(BASE).json["total"] == 0


def test_what_people_write_becomes_what_is_stored(create: Callable) -> None:
    customer = create(
        last_name="  Müller ", country="Österreich", language="Deutsch", salutation="Hr."
    )

    assert customer["last_name"] == "Müller"
    assert (customer["country"], customer["language"], customer["salutation"]) == (
        "AT",
        "de",
        "Herr",
    )


def test_a_change_touches_only_what_it_names(
    create: Callable, change: Callable, told: Callable
) -> None:
    customer = create(**FULL)
    told()

    response = change(customer, city="Leipzig", title=None)

    assert response.status_code == 200
    assert response.headers["ETag"] == '"2"'
    changed = response.json
    assert changed == customer | {
        "city": "Leipzig", "title": None, "version": 2, "updated_at": changed["updated_at"],
    }  # fmt: skip
    [(name, data)] = told()
    assert (name, data["version"]) == ("customer_changed", 2)
    assert data["customer"]["city"] == "Leipzig"
    assert "title" not in data["customer"]


def test_a_change_that_changes_nothing_is_not_told(
    create: Callable, change: Callable, told: Callable
) -> None:
    customer = create(**FULL)
    told()

    response = change(customer, city="Dresden")

    assert response.json == customer
    assert told() == []


def test_a_change_of_an_older_state_is_refused(create: Callable, change: Callable) -> None:
    customer = create()
    change(customer, city="Leipzig")

    response = change(customer, city="Halle")

    assert response.status_code == 412


def test_changing_without_having_read_is_refused(client: FlaskClient, create: Callable) -> None:
    customer = create()

    for method in (client.patch, client.delete):
        assert method(f"{BASE}/{customer['id']}", json={}).status_code == 428


def test_the_last_thing_a_customer_is_known_by_stays(create: Callable, change: Callable) -> None:
    customer = create(last_name="Müller")

    assert change(customer, last_name=None).status_code == 422
    assert change(customer, last_name=None, email="m@example.de").status_code == 200


def test_nobody_is_not_found(client: FlaskClient) -> None:
    for method in (client.get, client.patch, client.delete):
        response = method(
            f"{BASE}/{uuid4()}", json={}, headers={"If-Match": '"1"', "Accept-Language": "de"}
        )

        assert response.status_code == 404
        assert response.json["detail"].startswith("Es gibt keinen Kunden")


def test_deactivating_takes_off_the_list_and_is_told_once(
    client: FlaskClient, create: Callable, told: Callable
) -> None:
    customer = create()
    told()

    first = client.post(f"{BASE}/{customer['id']}/deactivate").json
    again = client.post(f"{BASE}/{customer['id']}/deactivate").json

    assert first == again
    assert first["active"] is False
    assert client.get(BASE).json["items"] == []
    letters = told()
    assert [name for name, _ in letters] == ["customer_deactivated", "customer_changed"]
    assert {data["version"] for _, data in letters} == {2}
    assert letters[1][1]["customer"]["active"] is False


def test_reactivating_puts_back_on_the_list(
    client: FlaskClient, create: Callable, told: Callable
) -> None:
    customer = create()
    client.post(f"{BASE}/{customer['id']}/deactivate")
    told()

    client.post(f"{BASE}/{customer['id']}/reactivate")
    client.post(f"{BASE}/{customer['id']}/reactivate")

    assert [c["active"] for c in client.get(BASE).json["items"]] == [True]
    assert [name for name, _ in told()] == ["customer_reactivated", "customer_changed"]


def test_deactivating_by_a_change_is_told_as_such(
    create: Callable, change: Callable, told: Callable
) -> None:
    customer = create()
    told()

    change(customer, active=False, city="Halle")

    assert [(name, data["version"]) for name, data in told()] == [
        ("customer_changed", 2),
        ("customer_deactivated", 3),
        ("customer_changed", 3),
    ]


def test_erasing_leaves_nothing_but_the_number(
    client: FlaskClient, create: Callable, database: Database, told: Callable
) -> None:
    customer = create(**FULL)
    client.post(
        f"{BASE}/{customer['id']}/opt-in", json={"action": "confirm", "evidence": "Karte von Änne"}
    )
    told()

    response = client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"2"'})

    assert response.status_code == 204
    assert client.get(f"{BASE}/{customer['id']}").status_code == 404
    assert client.get(BASE, query_string={"active": "all"}).json["total"] == 0
    assert client.get(BASE, query_string={"active": "all", "q": "gross"}).json["items"] == []
    [(name, data)] = told()
    assert (name, data["customer_id"], data["version"]) == ("customer_erased", customer["id"], 3)
    with database.reading() as session:
        row = session.execute(select(customers)).mappings().one()
        ledger = session.execute(text("SELECT * FROM consent_ledger")).mappings().one()
    everything = repr(dict(row)) + repr(dict(ledger))
    for personal in ("ross", "Änne", "Söhne", "1234567", "17. Juni", "Dresden", "1980, 2", "Zeile"):
        assert personal not in everything
    assert row["number"] == 1
    assert (ledger["action"], ledger["way"]) == ("confirmed", "by_hand")


def test_a_number_is_not_given_again_after_erasure(client: FlaskClient, create: Callable) -> None:
    customer = create()
    client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"1"'})

    assert create()["number"] == 2


def test_not_even_the_database_lets_a_number_change(create: Callable, database: Database) -> None:
    create()

    with pytest.raises(DBAPIError, match="never changes"), database.transaction() as session:
        session.execute(text("UPDATE customers SET number = 7"))
    with pytest.raises(DBAPIError, match="never given twice"), database.transaction() as session:
        session.execute(text("UPDATE register SET last_number = 0"))


def test_the_same_request_creates_one_customer(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": "abc"}

    first = client.post(BASE, json={"last_name": "Müller"}, headers=headers)
    again = client.post(BASE, json={"last_name": "Müller"}, headers=headers)

    assert first.json == again.json
    assert again.headers["ETag"] == '"1"'
    assert client.get(BASE).json["total"] == 1


def test_reading_needs_the_right_to_read_and_writing_the_right_to_write(
    client_for: Callable[..., FlaskClient],
) -> None:
    reader = client_for("customers", scopes=("customers:read",))
    nobody = client_for("customers", scopes=None)

    assert reader.get(BASE).status_code == 200
    assert reader.post(BASE, json={"last_name": "Müller"}).status_code == 403
    assert reader.post(f"{BASE}/batch", json={"rows": []}).status_code == 403
    assert nobody.get(BASE).status_code == 401


def test_ids_sort_by_the_time_they_were_made(create: Callable) -> None:
    ids = [UUID(create()["id"]) for _ in range(3)]

    assert ids == sorted(ids)
    assert {i.version for i in ids} == {7}
