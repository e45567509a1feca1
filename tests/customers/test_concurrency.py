"""Many at once, on PostgreSQL: numbers, versions and addresses stay what they should be."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from services.customers import actions
from services.customers.actions.home import know_home
from services.customers.models import customers
from shared.db import Database, new_id
from shared.testing import client_of
from tests.customers.conftest import BASE


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.fixture
def at_once(app_of: Callable[..., Flask]) -> Callable[..., list[Any]]:
    """Do something `times` times, as many at once, each with a client of its own."""

    def at_once(times: int, act: Callable[[FlaskClient, int], Any]) -> list[Any]:
        app = app_of("customers", pool_size=20)
        with ThreadPoolExecutor(times) as pool:
            work = [pool.submit(act, client_of(app, ("admin",)), i) for i in range(times)]
            return [one.result() for one in work]

    return at_once


class RolledBack(Exception):
    pass


def test_numbers_have_neither_twins_nor_gaps_under_writers_that_fail(database: Database) -> None:
    """Sixteen writers over two pools, one in five transactions rolled back, erasures in between."""
    second = Database(database.url, pool_size=8)
    know_home(second, "DE")

    def write(writer: int) -> int:
        chance = random.Random(writer)
        created = 0
        for i in range(25):
            try:
                with (database if writer % 2 else second).transaction() as session:
                    person = actions.register_customer(
                        session, {"last_name": f"{writer}-{i}"}, source="api"
                    )
                    if chance.random() < 0.2:
                        raise RolledBack
                    created += 1
                    if chance.random() < 0.1:
                        actions.erase_customer(session, person.id, version=1, by="test")
            except RolledBack:
                pass
        return created

    with ThreadPoolExecutor(16) as pool:
        created = sum(pool.map(write, range(16)))
    second.dispose()

    with database.reading() as session:
        numbers = sorted(session.scalars(select(customers.c.number)))
        counted = session.execute(text("SELECT active + inactive FROM register")).scalar()
        living = session.execute(
            text("SELECT count(*) FROM customers WHERE erased_at IS NULL")
        ).scalar()
    assert 200 < created < 16 * 25
    assert numbers == list(range(1, created + 1))
    assert counted == living < created


def test_batches_at_once_give_each_customer_one_number(
    at_once: Callable, database: Database
) -> None:
    def send(client: FlaskClient, i: int) -> list[int]:
        rows = [{"last_name": f"Kunde {i}-{j}"} for j in range(200)]
        answer = client.post(f"{BASE}/batch", json={"rows": rows})
        assert answer.status_code == 200, answer.json
        return [result["number"] for result in answer.json["results"]]

    numbers = [number for batch in at_once(8, send) for number in batch]

    assert sorted(numbers) == list(range(1, 1_601))


def test_batches_at_once_with_the_same_new_addresses_create_each_person_once(
    at_once: Callable, database: Database
) -> None:
    def send(client: FlaskClient, i: int) -> Counter[str]:
        rows = [{"email": f"kunde{j}@example.de", "city": f"Stadt {i}"} for j in range(100)]
        random.Random(i).shuffle(rows)
        answer = client.post(f"{BASE}/batch", json={"rows": rows})
        assert answer.status_code == 200, answer.json
        return Counter(result["status"] for result in answer.json["results"])

    done = sum(at_once(6, send), Counter())

    assert done == {"created": 100, "updated": 500}
    with database.reading() as session:
        versions = session.scalars(select(customers.c.version)).all()
    assert versions == [6] * 100


def test_the_same_batch_sent_twice_at_once_creates_nobody_twice(at_once: Callable) -> None:
    rows = [{"id": str(new_id()), "last_name": f"Kunde {i}"} for i in range(200)]

    def send(client: FlaskClient, _i: int) -> Counter[str]:
        answer = client.post(f"{BASE}/batch", json={"rows": rows})
        assert answer.status_code == 200, answer.json
        return Counter(result["status"] for result in answer.json["results"])

    assert sum(at_once(4, send), Counter()) == {"created": 200, "unchanged": 600}


def test_batches_over_the_same_customers_in_any_order_do_not_lock_each_other_out(
    at_once: Callable, batch: Callable, database: Database
) -> None:
    people = batch(*({"last_name": f"Kunde {i}"} for i in range(100)))

    def send(client: FlaskClient, i: int) -> None:
        rows = [{"id": p["id"], "city": f"Stadt {i}"} for p in people]
        rows += [{"last_name": f"Neu {i}"}]
        random.Random(i).shuffle(rows)
        answer = client.post(f"{BASE}/batch", json={"rows": rows})
        assert answer.status_code == 200, answer.json

    at_once(8, send)

    with database.reading() as session:
        versions = Counter(session.scalars(select(customers.c.version)))
    assert versions == {9: 100, 1: 8}


def test_of_changes_to_the_same_version_one_wins(at_once: Callable, create: Callable) -> None:
    customer = create()

    def patch(client: FlaskClient, i: int) -> int:
        return client.patch(
            f"{BASE}/{customer['id']}", json={"city": f"Stadt {i}"}, headers={"If-Match": '"1"'}
        ).status_code

    assert sorted(at_once(10, patch)) == [200] + [412] * 9


def test_no_change_is_lost_between_eight_who_read_change_and_repeat(
    at_once: Callable, create: Callable, read: Callable
) -> None:
    customer = create(last_name="Müller")

    def add(client: FlaskClient, i: int) -> None:
        for line in range(5):
            while True:
                seen = client.get(f"{BASE}/{customer['id']}").json
                note = f"{seen['note'] or ''}\n{i}-{line}"
                answer = client.patch(
                    f"{BASE}/{customer['id']}",
                    json={"note": note},
                    headers={"If-Match": f'"{seen["version"]}"'},
                )
                if answer.status_code == 200:
                    break
                assert answer.status_code == 412

    at_once(8, add)

    after = read(customer["id"])
    assert len(set(after["note"].split())) == 40
    assert after["version"] == 41


def test_deactivating_and_changing_at_once_keeps_both_and_the_counts(
    at_once: Callable, batch: Callable, client: FlaskClient
) -> None:
    people = batch(*({"last_name": f"Kunde {i}"} for i in range(20)))

    def act(client: FlaskClient, i: int) -> None:
        if i % 2:
            for person in people:
                client.post(f"{BASE}/{person['id']}/deactivate")
        else:
            rows = [{"id": p["id"], "city": f"Stadt {i}"} for p in reversed(people)]
            assert client.post(f"{BASE}/batch", json={"rows": rows}).status_code == 200

    at_once(6, act)

    everybody = client.get(BASE, query_string={"active": "false"}).json
    assert everybody["total"] == 20
    assert all(p["city"] and not p["active"] for p in everybody["items"])
    assert client.get(BASE).json["total"] == 0


def test_merging_while_both_are_changed_and_imported_loses_nothing(
    client: FlaskClient, create: Callable, at_once: Callable, database: Database
) -> None:
    """Merged and parted again and again while others write to both: clear answers, right counts."""
    pairs = [
        [create(last_name=f"Paar {i}", email=f"{i}-{j}@example.com") for j in (0, 1)]
        for i in range(3)
    ]

    def act(mine: FlaskClient, worker: int) -> list[int]:
        chance, statuses = random.Random(worker), []
        for turn in range(12):
            one, other = chance.sample(chance.choice(pairs), 2)
            kind = (worker + turn) % 4
            if kind == 0:
                merged = mine.post(f"{BASE}/{one['id']}/merge", json={"duplicates": [other["id"]]})
                statuses.append(merged.status_code)
                if merged.status_code == 200:
                    operation_id = merged.json["merges"][0]["operation_id"]
                    undone = mine.post(f"/api/v1/operations/{operation_id}/undo")
                    statuses.append(undone.status_code)
            elif kind == 1:
                found = mine.get(f"{BASE}/{one['id']}", follow_redirects=True).json
                changed = mine.patch(
                    f"{BASE}/{found['id']}",
                    json={"city": f"Ort {worker}-{turn}"},
                    headers={"If-Match": f'"{found["version"]}"'},
                )
                statuses.append(changed.status_code)
            elif kind == 2:
                rows = [{"email": p["email"], "note": f"{worker}-{turn}"} for p in (one, other)]
                answer = mine.post(f"{BASE}/batch", json={"rows": rows})
                assert {r["status"] for r in answer.json["results"]} <= {"updated", "unchanged"}
                statuses.append(answer.status_code)
            else:
                verb = chance.choice(["deactivate", "reactivate"])
                statuses.append(mine.post(f"{BASE}/{one['id']}/{verb}").status_code)
        return statuses

    answered = Counter(status for statuses in at_once(8, act) for status in statuses)

    assert set(answered) <= {200, 409, 412}, answered
    assert answered[200] > 40
    with database.reading() as session:
        counted = session.execute(text("SELECT active, inactive FROM register")).one()
        real = session.execute(
            text(
                "SELECT count(*) FILTER (WHERE active), count(*) FILTER (WHERE NOT active) "
                "FROM customers WHERE merged_into IS NULL"
            )
        ).one()
        assert session.execute(text("SELECT count(*) FROM customers")).scalar() == 6
    assert tuple(counted) == tuple(real)
