"""Receipts of erasures."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from services.customers.handlers import HANDLERS
from shared.db import Database, utcnow
from shared.events import followup, groups, importer
from tests.customers.conftest import BASE

FORGOTTEN = (groups.CustomerForgotten, importer.CustomerForgotten, followup.CustomerForgotten)


def erase(client: FlaskClient, customer: dict[str, Any]) -> None:
    headers = {"If-Match": f'"{customer["version"]}"'}
    assert client.delete(f"{BASE}/{customer['id']}", headers=headers).status_code == 204


def test_the_receipt_is_complete_once_every_service_has_let_go(
    client: FlaskClient, create: Callable, database: Database
) -> None:
    customer = create(last_name="Müller")
    erase(client, customer)
    receipt = f"/api/v1/erasures/{customer['id']}"
    assert client.get(receipt).json["services"].keys() == {"customers"}

    for i, kind in enumerate(FORGOTTEN):
        assert client.get(receipt).json["completed_at"] is None, i
        event = kind(customer_id=UUID(customer["id"]), occurred_at=utcnow())
        with database.transaction() as session:
            HANDLERS[kind](session, [event, event])

    found = client.get(receipt).json
    assert found["services"].keys() == {"customers", "groups", "importer", "followup"}
    assert found["completed_at"] is not None
    assert found["number"] == customer["number"]
    assert "Müller" not in str(found)


def test_there_is_no_receipt_for_who_was_not_erased(client: FlaskClient, create: Callable) -> None:
    assert client.get(f"/api/v1/erasures/{create()['id']}").status_code == 404


def test_an_answer_stored_for_repetition_goes_with_the_person(
    client: FlaskClient, database: Database
) -> None:
    repeated = {"Idempotency-Key": "neu"}
    customer = client.post(BASE, json={"last_name": "Müller"}, headers=repeated).json

    erase(client, customer)

    again = client.post(BASE, json={"last_name": "Müller"}, headers=repeated).json
    assert again["id"] != customer["id"]
