"""Acts on those whom a selection of the groups service means, which are asked for by letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.customers.handlers import HANDLERS
from services.customers.worker import work_on_operations
from shared.db import Database, new_id
from shared.events.groups import CustomersSelected
from tests.customers.conftest import BASE

Json = dict[str, Any]
COLOGNE = {"filter": {"field": "city", "op": "eq", "value": "Köln"}}
NOTE = "/api/v1/history/batch"


@pytest.fixture
def post(client: FlaskClient) -> Callable[..., Json]:
    def post(path: str, status: int = 202, **body: Any) -> Json:
        answer = client.post(path, json=body)
        assert answer.status_code == status, answer.json
        return dict(answer.json)

    return post


@pytest.fixture
def operation(client: FlaskClient) -> Callable[[Json], Json]:
    return lambda begun: dict(client.get(f"/api/v1/operations/{begun['operation_id']}").json)


@pytest.fixture
def hear(database: Database) -> Callable[..., None]:
    """Hear parts of an answer, as (number, ids), of which `last` is the last."""

    def hear(
        begun: Json, *parts: tuple[int, list[Json]], last: int = 0, problem: str | None = None
    ) -> None:
        events = [
            CustomersSelected(
                request_id=UUID(begun["operation_id"]),
                part=number,
                last=number == last,
                customer_ids=[UUID(person["id"]) for person in people],
                problem=problem,
            )
            for number, people in parts
        ]
        with database.transaction() as session:
            HANDLERS[CustomersSelected](session, events)
        while work_on_operations(database):
            pass

    return hear


def test_a_filter_is_asked_for_and_the_act_waits(
    post: Callable, operation: Callable, told: Callable
) -> None:
    told()
    begun = post(NOTE, selection=COLOGNE, entry={"text": "Gruß"})

    [(name, asked)] = told()
    assert name == "selection_asked"
    assert (asked["request_id"], asked["filter"]) == (begun["operation_id"], COLOGNE["filter"])
    assert asked["timezone"] == "Europe/Berlin"
    assert begun["count"] is None
    assert (operation(begun)["state"], operation(begun)["count"]) == ("selecting", None)


def test_it_begins_when_all_parts_are_there_in_any_order_and_twice(
    post: Callable, operation: Callable, hear: Callable, create: Callable, client: FlaskClient
) -> None:
    people = [create(last_name=f"Kunde {i}") for i in range(4)]
    begun = post(NOTE, selection={"selection_id": str(new_id())}, entry={"text": "Gruß"})

    hear(begun, (3, people[3:]), last=3)
    hear(begun, (2, people[1:3]), (2, people[1:3]), last=3)
    assert operation(begun)["state"] == "selecting"
    hear(begun, (1, people[:1]), last=3)
    hear(begun, (1, people[:1]), last=3)

    done = operation(begun)
    assert (done["state"], done["count"], done["done"]) == ("finished", 4, 4)
    for person in people:
        page = client.get(f"/api/v1/history?customer_id={person['id']}").json
        assert page["total"] == 1


def test_a_dry_run_only_counts(
    post: Callable, operation: Callable, hear: Callable, create: Callable, client: FlaskClient,
    read: Callable,
) -> None:  # fmt: skip
    person, inactive = create(), create(last_name="Weg", active=False)
    begun = post(f"{BASE}/deactivate", selection=COLOGNE, dry_run=True)

    hear(begun, (1, [person, inactive]), last=1)

    counted = operation(begun)
    assert (counted["state"], counted["count"], counted["done"]) == ("counted", 1, 0)
    assert read(person["id"])["active"]
    assert client.post(f"/api/v1/operations/{begun['operation_id']}/undo").status_code == 409


def test_what_is_wrong_with_the_selection_stops_the_act(
    post: Callable, operation: Callable, hear: Callable, client: FlaskClient
) -> None:
    begun = post(NOTE, selection={"filter": {"group": "Nie"}}, entry={"text": "Gruß"})

    hear(begun, (1, []), last=1, problem="filter.group: no such group")

    failed = operation(begun)
    assert (failed["state"], failed["failure"]) == ("failed", "filter.group: no such group")
    undone = client.post(f"/api/v1/operations/{begun['operation_id']}/undo")
    assert undone.json["state"] == "undone"


def test_undoing_while_it_waits_ends_it_at_once(
    post: Callable, operation: Callable, hear: Callable, create: Callable, client: FlaskClient,
    read: Callable,
) -> None:  # fmt: skip
    one, other = create(), create()
    begun = post(f"{BASE}/deactivate", selection=COLOGNE)
    hear(begun, (1, [one]), last=2)

    undone = client.post(f"/api/v1/operations/{begun['operation_id']}/undo")
    hear(begun, (2, [other]), last=2)

    assert (undone.status_code, operation(begun)["state"]) == (200, "undone")
    assert read(one["id"])["active"]
    assert read(other["id"])["active"]


def test_an_answer_that_nobody_waits_for_changes_nothing(
    hear: Callable, create: Callable, read: Callable
) -> None:
    person = create()

    hear({"operation_id": str(new_id())}, (1, [person]), last=1)

    assert read(person["id"])["version"] == person["version"]


def test_many_are_deactivated_and_come_back(
    post: Callable, client: FlaskClient, create: Callable, read: Callable
) -> None:
    one, other, before = create(), create(), create(active=False, last_name="Schon weg")
    ids = [person["id"] for person in (one, other, before)]
    path = f"{BASE}/deactivate"
    assert post(path, 200, customer_ids=ids, dry_run=True) == {"count": 2, "operation_id": None}

    begun = post(path, 200, customer_ids=ids)

    assert begun["count"] == 2
    assert not any(read(id_)["active"] for id_ in ids)
    client.post(f"{BASE}/{other['id']}/reactivate")
    client.post(f"{BASE}/{other['id']}/deactivate")
    undone = client.post(f"/api/v1/operations/{begun['operation_id']}/undo").json
    assert (undone["state"], undone["kept"]) == ("undone", 1)
    assert [read(id_)["active"] for id_ in ids] == [True, False, False]


def test_many_are_reactivated_and_go_again(
    post: Callable, client: FlaskClient, create: Callable, read: Callable
) -> None:
    inactive = create(last_name="Weg", active=False)
    active = create(last_name="Da")

    begun = post(f"{BASE}/reactivate", 200, selection={})

    assert begun["count"] == 1
    assert read(inactive["id"])["active"]
    client.post(f"/api/v1/operations/{begun['operation_id']}/undo")
    assert not read(inactive["id"])["active"]
    assert read(active["id"])["active"]


@pytest.mark.parametrize(
    "selection",
    [
        {**COLOGNE, "selection_id": str(new_id())},
        {**COLOGNE, "q": "Müller"},
        {"filter": "Köln"},
        {"filter": {"field": "city", "value": "x" * 60_000}},
        {"selection_id": "keine"},
    ],
)
def test_a_selection_that_says_two_things_or_nothing_is_refused(
    post: Callable, selection: Json
) -> None:
    post(f"{BASE}/deactivate", 422, selection=selection)
    post(NOTE, 422, selection=selection, entry={"text": "x"})
