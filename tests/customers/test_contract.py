"""What the OpenAPI document says is what is answered and taken; structs and tables name the same things."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from services.customers import fields, schemas
from services.customers.models import COLUMNS, customers
from tests.customers.conftest import BASE
from tests.customers.test_customers import FULL


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    """The properties of each schema in the OpenAPI document."""
    document = client.get(f"{BASE}/openapi.json").json
    return {
        name: list(schema["properties"])
        for name, schema in document["components"]["schemas"].items()
        if "properties" in schema
    }


def test_answers_have_the_fields_that_are_described(
    client: FlaskClient, described: dict[str, Any], create: Callable, batch: Callable
) -> None:
    customer = create(**FULL)
    consent = client.post(
        f"{BASE}/{customer['id']}/opt-in", json={"action": "confirm", "evidence": "Karte"}
    ).json

    assert sorted(customer) == sorted(described["Customer"])
    assert sorted(customer["opt_in"]) == sorted(described["OptIn"])
    assert sorted(consent) == sorted(described["Consent"])
    assert sorted(consent["ledger"][0]) == sorted(described["LedgerEntry"])
    assert sorted(client.get(BASE).json) == sorted(described["CustomerPage"])
    [result] = batch({"last_name": "Müller"})
    assert sorted(result) == sorted(set(described["RowResult"]) - {"warnings"})


def test_a_batch_takes_every_field_that_is_described(
    described: dict[str, Any], batch: Callable
) -> None:
    everything = dict.fromkeys(described["Row"]) | {"ref": 1, "active": True, "last_name": "Müller"}
    del everything["registered_at"]

    [result] = batch(everything)

    assert (result["status"], result["errors"]) == ("created", {})


def test_what_may_be_written_is_what_has_a_reader(described: dict[str, Any]) -> None:
    assert sorted(described["CustomerPatch"]) == sorted(fields.READERS)
    assert sorted(described["NewCustomer"]) == sorted([*fields.READERS, "source"])


def test_the_customers_fields_are_the_tables_columns_in_their_order() -> None:
    assert list(COLUMNS) == [column.name for column in customers.columns]


def test_an_answer_can_be_read_by_its_schema(create: Callable) -> None:
    customer = create(**FULL)

    read = schemas.CustomerSchema().load(customer)

    assert msgspec.to_builtins(read["id"]) == customer["id"]
    assert read["birthday"].isoformat() == FULL["birthday"]
