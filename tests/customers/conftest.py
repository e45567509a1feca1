"""Speaking to the customers service."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from services.customers.actions.home import know_home
from shared import outbox
from shared.db import Database

BASE = "/api/v1/customers"


@pytest.fixture
def database(database_for: Callable[[str], Database]) -> Database:
    database = database_for("customers")
    know_home(database, "DE")
    return database


@pytest.fixture
def client(client_for: Callable[..., FlaskClient]) -> FlaskClient:
    return client_for("customers")


@pytest.fixture
def create(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Create a customer and return it as it was answered."""

    def create(**values: Any) -> dict[str, Any]:
        response = client.post(BASE, json=values or {"last_name": "Müller"})
        assert response.status_code == 201, response.json
        return response.json

    return create


@pytest.fixture
def batch(client: FlaskClient) -> Callable[..., list[dict[str, Any]]]:
    """Send rows and return their results."""

    def batch(*rows: Any, **options: Any) -> list[dict[str, Any]]:
        response = client.post(f"{BASE}/batch", json={"rows": rows, **options})
        assert response.status_code == 200, response.json
        return response.json["results"]

    return batch


@pytest.fixture
def read(client: FlaskClient) -> Callable[[str], dict[str, Any]]:
    def read(customer_id: str) -> dict[str, Any]:
        response = client.get(f"{BASE}/{customer_id}")
        assert response.status_code == 200, response.json
        return response.json

    return read


@pytest.fixture
def change(client: FlaskClient) -> Callable[..., TestResponse]:
    """Change a customer as it was read."""

    def change(customer: dict[str, Any], **values: Any) -> TestResponse:
        return client.patch(
            f"{BASE}/{customer['id']}",
            json=values,
            headers={"If-Match": f'"{customer["version"]}"'},
        )

    return change


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


@pytest.fixture
def told(database: Database) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """Return what has been told since the last time, as (name, data)."""
    seen = 0

    def told() -> list[tuple[str, dict[str, Any]]]:
        nonlocal seen
        with database.reading() as session:
            messages = [m for m in outbox.waiting(session, 100_000) if m.id > seen]
        if messages:
            seen = messages[-1].id
        return [(m.name.removeprefix("customers."), m.body) for m in messages]

    return told
