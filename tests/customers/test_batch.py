"""Thousands of customers in one request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from shared.db import Database, new_id
from tests.customers.conftest import BASE
from tests.customers.test_customers import FULL

Row = dict[str, Any]


def statuses(results: list[Row]) -> list[str]:
    return [result["status"] for result in results]


def test_new_customers_get_numbers_in_the_order_of_their_rows(
    batch: Callable, read: Callable, told: Callable
) -> None:
    results = batch({"ref": "a", **FULL}, {"ref": 7, "last_name": "Schmidt"}, source="import")

    assert [(r["ref"], r["status"], r["number"], r["version"]) for r in results] == [
        ("a", "created", 1, 1),
        (7, "created", 2, 1),
    ]
    assert all(r["errors"] == {} for r in results)
    customer = read(results[0]["id"])
    assert {name: customer[name] for name in FULL} == FULL | {"email": "Aenne.Grossmann@example.de"}
    assert customer["sources"] == ["import"]
    assert [(name, data["version"], data["customer"]["number"]) for name, data in told()] == [
        ("customer_registered", 1, 1),
        ("customer_registered", 1, 2),
    ]


def test_a_batch_reads_values_as_a_single_request_does(
    client: FlaskClient, batch: Callable, read: Callable
) -> None:
    """Both doors have one reading; what one refuses the other refuses in the same words."""
    tricky: list[Row] = [
        {"last_name": "  Mu\u0308ller  ", "country": "Deutschland", "language": "English"},
        {"email": "KONTAKT@Müller.de", "salutation": "mr", "phone": "0171/55 55 55 5"},
        {"last_name": "x" * 201},
        {"last_name": "a\nb"},
        {"email": "a@b@c"},
        {"company": "X", "birthday": "01.02.1990"},
        {"company": "X", "active": 1},
        {"company": "X", "note": "a\u0007"},
        {"company": 12},
        {"company": ["X"]},
        {"company": "X", "registered_at": "gestern"},
        {"company": "X", "registered_at": "2026-01-01T01:00:00+01:00"},
        {"company": "X", "postal_code": 1069},
    ]
    varying = ("id", "number", "created_at", "updated_at", "registered_at", "sources")

    results = batch(*tricky)

    for row, result in zip(tricky, results, strict=True):
        single = client.post(BASE, json=row)
        if single.status_code == 201:
            assert result["status"] == "created"
            kept = read(result["id"])
            assert [kept[n] for n in kept if n not in varying] == [
                single.json[n] for n in kept if n not in varying
            ]
        else:
            assert result["status"] == "invalid"
            assert result["errors"] == single.json["errors"]


def test_one_bad_row_does_not_stop_the_others(client: FlaskClient, batch: Callable) -> None:
    results = batch(
        {"last_name": "Erste"},
        {"last_name": "Zweite", "email": "ann@example"},
        {"last_name": "Dritte", "colour": "rot"},
        "vierte",
        {"first_name": "Fünfte"},
        {"id": "6", "number": -1, "version": "1", "last_name": "Sechste"},
        {"ref": {"a": 1}, "last_name": "Siebte"},
        {"last_name": "Achte", "opt_in": {"confirmed_at": "2026-01-01T00:00:00Z"}},
        {"last_name": "Letzte"},
    )

    assert statuses(results) == ["created", *["invalid"] * 7, "created"]
    assert [list(result["errors"]) for result in results] == [
        [], ["email"], ["colour"], ["_schema"], ["last_name"], ["id", "number", "version"],
        ["ref"], ["opt_in.evidence"], [],
    ]  # fmt: skip
    assert [r["number"] for r in results if r["status"] == "created"] == [1, 2]
    assert client.get(BASE).json["total"] == 2


def test_refusals_are_told_in_the_callers_language(client: FlaskClient) -> None:
    [result] = client.post(
        f"{BASE}/batch",
        json={"rows": [{"email": "ann@example"}]},
        headers={"Accept-Language": "de"},
    ).json["results"]

    assert "ist keine E-Mail-Adresse" in result["errors"]["email"][0]


@pytest.mark.parametrize("key", ["id", "number", "email"])
def test_a_row_finds_its_customer_by_each_key(
    create: Callable, batch: Callable, read: Callable, key: str
) -> None:
    customer = create(**FULL)
    value = customer[key].upper() if key == "email" else customer[key]

    [result] = batch({key: value, "city": "Leipzig"})

    assert (result["status"], result["id"], result["version"]) == ("updated", customer["id"], 2)
    assert read(customer["id"])["city"] == "Leipzig"


def test_what_a_row_leaves_out_stays_and_null_clears(
    create: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL)

    batch({"id": customer["id"], "title": None, "city": ""})

    after = read(customer["id"])
    assert (after["title"], after["city"]) == (None, None)
    assert after["street"] == FULL["street"]


def test_rows_that_change_nothing_are_not_written_nor_told(
    client: FlaskClient, create: Callable, batch: Callable, told: Callable
) -> None:
    customer = create(**FULL)
    told()

    [result] = batch({"number": customer["number"], **FULL}, source="import")

    assert (result["status"], result["version"]) == ("unchanged", 1)
    assert told() == []
    assert client.get(f"{BASE}/{customer['id']}").json == customer


def test_a_change_is_told_with_the_whole_customer(
    create: Callable, batch: Callable, told: Callable
) -> None:
    customer = create(**FULL)
    told()

    batch({"id": customer["id"], "city": "Leipzig"}, source="import")

    [(name, data)] = told()
    assert (name, data["version"], data["source"]) == ("customer_changed", 2, "import")
    assert (data["customer"]["city"], data["customer"]["street"]) == ("Leipzig", FULL["street"])


def test_a_row_changed_meanwhile_by_somebody_else_is_reported(
    create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL)
    change(customer, city="Leipzig")

    stale, same = batch(
        {"id": customer["id"], "version": 1, "city": "Halle"},
        {"id": customer["id"], "version": 1, "city": "Leipzig"},
    )

    assert (stale["status"], stale["version"]) == ("conflict", 2)
    assert "version 2 instead of 1" in stale["errors"]["version"][0]
    assert same["status"] == "unchanged"
    assert read(customer["id"])["city"] == "Leipzig"


def test_two_rows_for_one_person_are_taken_in_order(
    client: FlaskClient, batch: Callable, told: Callable
) -> None:
    first, second, third = batch(
        {"email": "neu@example.de", "city": "Halle"},
        {"email": "NEU@example.de", "city": "Leipzig", "phone": "0341 1234567"},
        {"email": "NEU@example.de", "city": "Leipzig"},
    )

    assert statuses([first, second, third]) == ["created", "updated", "unchanged"]
    assert first["id"] == second["id"] == third["id"]
    assert {first["number"], second["number"], third["number"]} == {1}
    [customer] = client.get(BASE).json["items"]
    assert (customer["city"], customer["version"]) == ("Leipzig", 2)
    assert [(name, d["version"], d["customer"]["city"]) for name, d in told()] == [
        ("customer_registered", 1, "Halle"),
        ("customer_changed", 2, "Leipzig"),
    ]


def test_a_row_sees_the_address_that_an_earlier_row_has_given_or_taken(
    create: Callable, batch: Callable
) -> None:
    customer = create(email="alt@example.de")

    moved, by_new, by_old = batch(
        {"id": customer["id"], "email": "neu@example.de"},
        {"email": "neu@example.de", "city": "Halle"},
        {"email": "alt@example.de", "city": "Jena"},
    )

    assert moved["id"] == by_new["id"] == customer["id"]
    assert by_old["status"] == "created"


def test_a_row_that_may_mean_two_persons_is_refused_naming_both(
    create: Callable, batch: Callable, told: Callable
) -> None:
    mother = create(last_name="Wolf", email="familie@example.de")
    child = create(last_name="Wolf", email="familie@example.de")
    other = create(last_name="Meier", email="meier@example.de")
    told()

    shared, foreign, torn = batch(
        {"email": "familie@example.de", "city": "Halle"},
        {"number": other["number"], "email": "familie@example.de"},
        {"id": mother["id"], "number": other["number"], "city": "Halle"},
    )

    assert statuses([shared, foreign, torn]) == ["conflict"] * 3
    assert all(who["id"] in shared["errors"]["email"][0] for who in (mother, child))
    assert all(who["id"] in foreign["errors"]["email"][0] for who in (mother, child, other))
    assert all(who["id"] in torn["errors"]["number"][0] for who in (mother, other))
    assert told() == []


def test_a_family_sharing_an_address_comes_back_unchanged(
    create: Callable, batch: Callable
) -> None:
    family = [create(first_name=name, email="familie@example.de") for name in ("Ute", "Tim")]

    results = batch(
        *({k: c[k] for k in ("id", "number", "version", "first_name", "email")} for c in family),
        *({k: c[k] for k in ("number", "first_name", "email")} for c in family),
    )

    assert statuses(results) == ["unchanged"] * 4


def test_of_a_shared_address_the_one_active_customer_is_meant(
    client: FlaskClient, create: Callable, batch: Callable
) -> None:
    gone, here = (create(email="familie@example.de") for _ in range(2))
    client.post(f"{BASE}/{gone['id']}/deactivate")

    [result] = batch({"email": "familie@example.de", "city": "Halle"})

    assert (result["status"], result["id"]) == ("updated", here["id"])


def test_an_edited_address_is_data_where_the_id_is_given(
    create: Callable, batch: Callable, read: Callable
) -> None:
    one, other = create(email="eins@example.de"), create(email="zwei@example.de")

    [result] = batch({"id": one["id"], "number": one["number"], "email": "zwei@example.de"})

    assert (result["status"], result["id"]) == ("updated", one["id"])
    assert read(one["id"])["email"] == read(other["id"])["email"]


def test_a_number_that_nobody_has_is_refused(batch: Callable) -> None:
    [result] = batch({"number": 4711, "last_name": "Müller"})

    assert result["status"] == "invalid"
    assert "4711" in result["errors"]["number"][0]


def test_only_the_keys_asked_for_count(create: Callable, batch: Callable) -> None:
    create(email="eins@example.de")

    by_number = batch({"email": "eins@example.de", "last_name": "Neu"}, match_on=["id", "number"])
    by_email = batch({"number": 77, "last_name": "Auch neu"}, match_on=["email"])

    assert statuses(by_number + by_email) == ["created", "created"]


def test_mode_update_creates_nobody_and_mode_create_changes_nobody(
    create: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL)

    missing, found = batch(
        {"last_name": "Neu"}, {"id": customer["id"], "city": "Halle"}, mode="update"
    )
    clash, new = batch(
        {"email": FULL["email"], "city": "Jena"}, {"last_name": "Neu"}, mode="create"
    )

    assert statuses([missing, found, clash, new]) == ["invalid", "updated", "conflict", "created"]
    assert clash["id"] == customer["id"]
    assert read(customer["id"])["city"] == "Halle"


@pytest.mark.parametrize("mode", ["upsert", "create"])
def test_a_batch_that_comes_again_with_its_own_ids_creates_nobody_twice(
    client: FlaskClient, batch: Callable, told: Callable, mode: str
) -> None:
    rows = [{"id": str(new_id()), "last_name": f"Kunde {i}"} for i in range(30)]
    first = batch(*rows, mode=mode)
    told()

    again = batch(*rows, mode=mode)

    assert statuses(first) == ["created"] * 30
    assert [r["id"] for r in first] == [row["id"] for row in rows]
    assert statuses(again) == ["unchanged"] * 30
    assert client.get(BASE).json["total"] == 30
    assert told() == []


def test_who_was_erased_does_not_come_back(
    client: FlaskClient, create: Callable, batch: Callable
) -> None:
    customer = create(**FULL)
    client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"1"'})

    by_id, by_number, by_email = batch(
        {"id": customer["id"], "last_name": "Müller"},
        {"number": customer["number"], "last_name": "Müller"},
        {"email": FULL["email"], "last_name": "Müller"},
    )

    assert statuses([by_id, by_number]) == ["conflict", "conflict"]
    assert "erased" in by_id["errors"]["id"][0]
    assert (by_email["status"], by_email["number"]) == ("created", 2)


def test_a_dry_run_says_the_same_and_writes_nothing(
    client: FlaskClient, create: Callable, batch: Callable, told: Callable
) -> None:
    customer = create(**FULL)
    told()
    rows = [
        {"email": FULL["email"], "city": "Halle"},
        {"id": customer["id"], "city": "Halle"},
        {"last_name": "Neu", "email": "neu@example.de"},
        {"email": "neu@example.de", "phone": "0341 1234567"},
        {"first_name": "Niemand"},
    ]

    dry = batch(*rows, dry_run=True)

    assert client.get(BASE).json["total"] == 1
    assert told() == []
    assert statuses(dry) == statuses(batch(*rows))
    assert (dry[2]["id"], dry[2]["number"]) == (None, None)


def test_a_permission_needs_evidence_and_is_kept_with_it(
    client: FlaskClient, batch: Callable, told: Callable
) -> None:
    given = {"confirmed_at": "2025-05-03T10:11:12+02:00", "evidence": "Karte vom 3. Mai"}

    [result] = batch({"email": "a@example.de", "opt_in": given}, source="import")

    consent = client.get(f"{BASE}/{result['id']}/opt-in").json
    assert (consent["state"], consent["confirmed_at"]) == ("confirmed", "2025-05-03T08:11:12Z")
    [entry] = consent["ledger"]
    assert (entry["action"], entry["way"], entry["evidence"], entry["email"]) == (
        "confirmed", "import", "Karte vom 3. Mai", "a@example.de",
    )  # fmt: skip
    (registered, _), (confirmed, data) = told()
    assert (registered, confirmed) == ("customer_registered", "opt_in_confirmed")
    assert data["way"] == "import"


def test_an_import_gives_nobody_back_a_permission_that_was_withdrawn(
    client: FlaskClient, create: Callable, batch: Callable, read: Callable, told: Callable
) -> None:
    customer = create(email="a@example.de")
    for act in ({"action": "confirm", "evidence": "Karte"}, {"action": "revoke"}):
        client.post(f"{BASE}/{customer['id']}/opt-in", json=act)
    client.post(f"{BASE}/{customer['id']}/opt-in", json={"action": "request"})
    told()
    tomorrow = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()

    [result] = batch(
        {
            "email": "a@example.de",
            "city": "Halle",
            "opt_in": {"confirmed_at": tomorrow, "evidence": "alte Liste"},
        }
    )

    assert result["status"] == "updated"
    assert "withdrawn" in result["warnings"]["opt_in"][0]
    after = read(customer["id"])
    assert (after["city"], after["opt_in"]["state"]) == ("Halle", "requested")
    assert [name for name, _ in told()] == ["customer_changed"]


def test_active_in_a_row_deactivates_and_is_counted(
    client: FlaskClient, create: Callable, batch: Callable, told: Callable
) -> None:
    customer = create(last_name="Müller")
    told()

    batch(
        {"id": customer["id"], "active": False, "city": "Halle"},
        {"last_name": "X", "active": False},
    )

    assert [name for name, _ in told()] == [
        "customer_changed", "customer_deactivated", "customer_changed", "customer_registered",
    ]  # fmt: skip
    totals = [
        client.get(BASE, query_string={"active": which}).json["total"]
        for which in ("true", "false", "all")
    ]
    assert totals == [0, 2, 2]


def test_five_thousand_rows_at_once_and_no_more(client: FlaskClient, batch: Callable) -> None:
    rows = [{"last_name": f"Kunde {i}", "email": f"kunde{i}@example.de"} for i in range(5_000)]

    results = batch(*rows)
    refused = client.post(f"{BASE}/batch", json={"rows": [{}] * 5_001})

    assert [r["number"] for r in results] == list(range(1, 5_001))
    assert refused.status_code == 422
    assert "5000" in refused.json["errors"]["rows"][0]


WRONG: list[tuple[str, object]] = [
    ("match_on", ["phone"]),
    ("match_on", "id"),
    ("mode", "replace"),
    ("mode", ["upsert"]),
    ("source", "elsewhere"),
    ("dry_run", "yes"),
    ("rows", {"a": 1}),
    ("rows", None),
]


def test_a_batch_that_is_wrong_as_a_whole_is_refused(client: FlaskClient) -> None:
    for field, value in WRONG:
        rows = {"rows": [{"last_name": "Müller"}], field: value}
        response = client.post(f"{BASE}/batch", json=rows)

        assert response.status_code == 422, field
        assert field in response.json["errors"]
    assert client.get(BASE).json["total"] == 0


def test_a_batch_repeated_with_its_key_is_answered_as_before(
    client: FlaskClient, database: Database
) -> None:
    request = {
        "json": {"rows": [{"last_name": "Müller"}]},
        "headers": {"Idempotency-Key": str(uuid4())},
    }

    first, again = (client.post(f"{BASE}/batch", **request) for _ in range(2))

    assert first.json == again.json
    assert client.get(BASE).json["total"] == 1
