"""Rows of a spreadsheet that was exported some versions ago."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from services.customers.models import customer_changes
from shared.db import Database
from shared.retention import delete_oldest
from tests.customers.conftest import BASE
from tests.customers.test_customers import FULL

Row = dict[str, Any]


def row_of(customer: Row, **edited: Any) -> Row:
    """The customer as a line of an exported file, with what somebody has typed over it."""
    kept = {name: customer[name] for name in ("id", "version", "city", "phone", "note", "active")}
    return {**kept, **edited}


def test_what_was_edited_in_the_file_is_taken_and_what_was_changed_here_stays(
    create: Callable, change: Callable, batch: Callable, read: Callable, told: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle", "phone": "030 111111"})
    change(customer, city="Leipzig")
    told()

    [result] = batch(row_of(customer, phone="030 222222"), on_stale="merge")

    assert (result["status"], result["version"]) == ("updated", 3)
    [warning] = result["warnings"]["city"]
    assert "stays 'Leipzig', not 'Halle'" in warning
    now = read(customer["id"])
    assert (now["city"], now["phone"]) == ("Leipzig", "030 222222")
    assert [name for name, _ in told()] == ["customer_changed"]


def test_what_was_changed_on_both_sides_is_refused_and_both_are_named(
    create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle"})
    change(customer, city="Leipzig")

    [result] = batch(row_of(customer, city="Jena", phone="030 222222"), on_stale="merge")

    assert result["status"] == "conflict"
    [reason] = result["errors"].pop("city")
    assert "to 'Leipzig', in the file to 'Jena'" in reason
    assert result["errors"] == {}
    assert read(customer["id"])["phone"] == FULL["phone"], "nothing of the row was written"


def test_the_same_edit_on_both_sides_is_no_clash(
    create: Callable, change: Callable, batch: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle"})
    change(customer, city="Leipzig")

    [result] = batch(row_of(customer, city="Leipzig"), on_stale="merge")

    assert (result["status"], result["version"]) == ("unchanged", 2)
    assert "warnings" not in result


def test_a_field_changed_there_and_back_is_as_the_file_knows_it(
    create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle"})
    change(customer, city="Leipzig")
    change(read(customer["id"]), city="Halle", note="x")

    [result] = batch(row_of(customer, city="Jena"), on_stale="merge")

    assert result["status"] == "updated"
    assert list(result["warnings"]) == ["note"]
    assert read(customer["id"])["city"] == "Jena"


def test_a_cell_that_was_emptied_here_stays_empty(
    create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL | {"note": "ruft ungern zurück", "city": "Halle"})
    change(customer, note=None)

    [result] = batch(row_of(customer, city="Jena"), on_stale="merge")

    assert result["status"] == "updated"
    now = read(customer["id"])
    assert (now["note"], now["city"]) == (None, "Jena")


def test_two_rows_of_one_file_for_a_person_are_both_taken(
    create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle"})
    change(customer, note="inzwischen")

    first, second = batch(
        row_of(customer, phone="030 222222"), row_of(customer, city="Jena"), on_stale="merge"
    )

    assert (first["status"], second["status"]) == ("updated", "updated")
    now = read(customer["id"])
    assert (now["phone"], now["city"], now["note"]) == ("030 222222", "Jena", "inzwischen")


def test_a_version_that_never_was_is_refused(create: Callable, batch: Callable) -> None:
    customer = create(**FULL | {"city": "Halle"})

    [result] = batch(row_of(customer, version=7, city="Jena"), on_stale="merge")

    assert result["status"] == "conflict"
    assert "version 1 instead of 7" in result["errors"]["version"][0]


def test_a_dry_run_says_the_same(
    client: FlaskClient, create: Callable, change: Callable, batch: Callable
) -> None:
    customer = create(**FULL | {"city": "Halle"})
    change(customer, city="Leipzig")
    rows = [row_of(customer, phone="030 222222"), row_of(customer, city="Jena")]

    tried = batch(*rows, on_stale="merge", dry_run=True)
    done = batch(*rows, on_stale="merge")

    assert [(r["status"], r["errors"]) for r in tried] == [(r["status"], r["errors"]) for r in done]


def test_wrong_options_are_named(client: FlaskClient) -> None:
    refused = client.post(f"{BASE}/batch", json={"rows": [], "on_stale": "x", "reference": "y"})

    assert refused.status_code == 422
    assert sorted(refused.json["errors"]) == ["on_stale", "reference"]


def test_what_is_no_longer_known_is_refused_as_a_whole(
    database: Database, create: Callable, change: Callable, batch: Callable, read: Callable
) -> None:
    """After a while former values are deleted, the oldest first; then only the version can be compared."""
    customer = create(**FULL | {"city": "Halle"})
    change(customer, city="Leipzig")
    second = read(customer["id"])
    change(second, note="x")
    with database.transaction() as session:
        first = session.scalar(select(func.min(customer_changes.c.changed_at)))
        after = first + timedelta(microseconds=1)
        assert delete_oldest(session, customer_changes.c.changed_at, after) == 1

    [known, unknown] = [
        batch(
            {**row_of(customer), "version": version, "phone": f"030 {version}23456"},
            on_stale="merge",
        )
        for version in (2, 1)
    ]

    assert [r["status"] for r in (*known, *unknown)] == ["updated", "conflict"]
    assert list(unknown[0]["errors"]) == ["version"]
