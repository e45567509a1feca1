"""Acts on many customers as one unit."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from services.customers import actions
from services.customers.worker import work_on_operations
from shared import operations
from shared.db import Database
from tests.customers.conftest import BASE

Json = dict[str, Any]
WITHOUT_OPT_IN = f"{BASE}/deactivate-without-opt-in"


@pytest.fixture
def deactivate(client: FlaskClient) -> Callable[..., Json]:
    def deactivate(**body: Any) -> Json:
        answer = client.post(WITHOUT_OPT_IN, json=body)
        assert answer.status_code in (200, 202), answer.json
        return answer.json

    return deactivate


@pytest.fixture
def undo(client: FlaskClient) -> Callable[[Json], Json]:
    def undo(begun: Json) -> Json:
        answer = client.post(f"/api/v1/operations/{begun['operation_id']}/undo")
        assert answer.status_code in (200, 202), answer.json
        return answer.json

    return undo


@pytest.fixture
def agreed(client: FlaskClient, create: Callable) -> Callable[..., Json]:
    """Create a customer who has confirmed."""

    def agreed(**values: Any) -> Json:
        customer = create(email="a@example.com", **values)
        body = {"action": "confirm", "evidence": "Karte"}
        client.post(f"{BASE}/{customer['id']}/opt-in", json=body)
        return customer

    return agreed


def test_a_dry_run_counts_who_has_not_confirmed(
    create: Callable, agreed: Callable, deactivate: Callable, read: Callable
) -> None:
    silent, confirmed = create(last_name="Still"), agreed(last_name="Gern")
    create(last_name="Schon weg", active=False)

    assert deactivate(dry_run=True) == {"count": 1, "operation_id": None}
    assert read(silent["id"])["active"]
    assert read(confirmed["id"])["active"]


def test_all_without_a_confirmed_opt_in_become_inactive(
    client: FlaskClient, create: Callable, agreed: Callable, deactivate: Callable, read: Callable,
    told: Callable,
) -> None:  # fmt: skip
    silent, confirmed, withdrawn = create(), agreed(), agreed()
    client.post(f"{BASE}/{withdrawn['id']}/opt-in", json={"action": "revoke"})
    told()

    begun = deactivate()

    assert begun["count"] == 2
    assert [read(c["id"])["active"] for c in (silent, confirmed, withdrawn)] == [False, True, False]
    facts = {body["customer_id"] for name, body in told() if name == "customer_deactivated"}
    assert facts == {silent["id"], withdrawn["id"]}
    operation = client.get(f"/api/v1/operations/{begun['operation_id']}").json
    assert (operation["kind"], operation["state"]) == ("deactivate_without_opt_in", "finished")
    assert (operation["count"], operation["done"]) == (2, 2)


def test_undoing_reactivates_exactly_those(
    client: FlaskClient, create: Callable, deactivate: Callable, undo: Callable, read: Callable
) -> None:
    before = create(last_name="Vorher", active=False)
    silent, by_hand = create(last_name="Still"), create(last_name="Von Hand")
    begun = deactivate()
    client.post(f"{BASE}/{by_hand['id']}/reactivate")
    client.post(f"{BASE}/{by_hand['id']}/deactivate")

    undone = undo(begun)

    assert (undone["state"], undone["kept"]) == ("undone", 1)
    assert undone["undone_at"] is not None
    assert read(silent["id"])["active"]
    assert not read(before["id"])["active"]
    assert not read(by_hand["id"])["active"]
    again = client.post(f"/api/v1/operations/{begun['operation_id']}/undo")
    assert again.status_code == 409


def test_an_edit_in_between_does_not_keep_anybody_inactive(
    create: Callable, deactivate: Callable, undo: Callable, read: Callable, change: Callable
) -> None:
    silent = create(last_name="Still")
    begun = deactivate()
    change(read(silent["id"]), city="Köln")

    undo(begun)

    customer = read(silent["id"])
    assert (customer["active"], customer["city"]) == (True, "Köln")


def test_a_large_operation_goes_on_in_the_worker(
    client: FlaskClient, batch: Callable, deactivate: Callable, undo: Callable, database: Database
) -> None:
    count = 2 * operations.AT_ONCE + 7
    batch(*({"last_name": f"Kunde {i}"} for i in range(count)))

    begun = deactivate()

    def operation() -> Json:
        return client.get(f"/api/v1/operations/{begun['operation_id']}").json

    assert begun["count"] == count
    assert (operation()["state"], operation()["done"]) == ("running", operations.AT_ONCE)
    while work_on_operations(database):
        pass
    assert (operation()["state"], operation()["done"]) == ("finished", count)
    assert client.get(BASE).json["total"] == 0

    undo(begun)
    while work_on_operations(database):
        pass
    assert (operation()["state"], operation()["kept"]) == ("undone", 0)
    assert client.get(BASE).json["total"] == count


def test_undoing_stops_an_operation_that_is_still_running(
    client: FlaskClient, batch: Callable, deactivate: Callable, undo: Callable, database: Database
) -> None:
    batch(*({"last_name": f"Kunde {i}"} for i in range(3 * operations.AT_ONCE)))
    begun = deactivate()

    undo(begun)
    while work_on_operations(database):
        pass

    operation = client.get(f"/api/v1/operations/{begun['operation_id']}").json
    assert (operation["state"], operation["done"], operation["kept"]) == ("undone", 0, 0)
    assert client.get(BASE).json["total"] == 3 * operations.AT_ONCE


def test_a_piece_that_fails_stops_its_operation_and_no_other(
    client: FlaskClient, batch: Callable, deactivate: Callable, undo: Callable, database: Database
) -> None:
    batch(*({"last_name": f"Kunde {i}"} for i in range(operations.AT_ONCE + 1)))
    broken = deactivate()
    with database.transaction() as session:
        session.execute(text("UPDATE operations SET kind = 'unheard_of'"))

    assert work_on_operations(database)
    assert not work_on_operations(database)

    operation = client.get(f"/api/v1/operations/{broken['operation_id']}").json
    assert (operation["state"], operation["failure"]) == ("failed", "KeyError")


def test_operations_are_listed_newest_first(
    client: FlaskClient, create: Callable, deactivate: Callable
) -> None:
    create()
    first = deactivate()
    second = deactivate()

    page = client.get("/api/v1/operations").json

    ids = [operation["id"] for operation in page["items"]]
    assert ids == [second["operation_id"], first["operation_id"]]
    assert client.get("/api/v1/operations?kind=merge").json["items"] == []


def test_the_same_idempotency_key_deactivates_once(client: FlaskClient, create: Callable) -> None:
    create()
    answers = [
        client.post(WITHOUT_OPT_IN, json={}, headers={"Idempotency-Key": "einmal"}) for _ in (1, 2)
    ]

    assert answers[0].json == answers[1].json
    assert client.get("/api/v1/operations").json["total"] == 1


def test_nobody_undoes_what_does_not_exist(client: FlaskClient) -> None:
    nothing = "/api/v1/operations/01890000-0000-7000-8000-000000000000"

    assert client.get(nothing).status_code == 404
    assert client.post(f"{nothing}/undo").status_code == 404


def test_who_has_agreed_meanwhile_stays_active(
    client: FlaskClient, create: Callable, read: Callable, database: Database
) -> None:
    """Between being chosen and being done: the operation asks again."""
    customer = create(email="a@example.com")
    with database.transaction() as session:
        operation = actions.deactivate_without_opt_in(session, by="test")
    client.post(f"{BASE}/{customer['id']}/reactivate")
    body = {"action": "confirm", "evidence": "Karte"}
    client.post(f"{BASE}/{customer['id']}/opt-in", json=body)
    with database.transaction() as session:
        session.execute(text("UPDATE operation_items SET done = :no"), {"no": False})
        session.execute(text("UPDATE operations SET state = 'running', done = 0"))

    work_on_operations(database)

    assert operation.count == 1
    assert read(customer["id"])["active"]
