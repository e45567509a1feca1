"""Taking an import back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from shared.db import new_id
from tests.customers.conftest import BASE
from tests.customers.test_customers import FULL

CONSENT = {"confirmed_at": "2026-01-02T10:00:00Z", "evidence": "Karte vom 02.01.2026"}


@pytest.fixture
def import_id() -> UUID:
    return UUID(int=new_id().int >> 32 << 32)


@pytest.fixture
def undo(client: FlaskClient, import_id: UUID) -> Callable[..., list[dict[str, Any]]]:
    def undo(*ids: str, reference: UUID | None = None) -> list[dict[str, Any]]:
        body = {"reference": str(reference or import_id), "customer_ids": list(ids)}
        answer = client.post(f"{BASE}/batch/undo", json=body)
        assert answer.status_code == 200, answer.json
        return answer.json["results"]

    return undo


def made_by(import_id: UUID, line: int) -> str:
    return str(UUID(int=import_id.int | line))


def test_whom_an_import_created_goes_and_what_it_changed_is_as_before(
    client: FlaskClient,
    create: Callable,
    batch: Callable,
    read: Callable,
    told: Callable,
    undo: Callable,
    import_id: UUID,
) -> None:
    before = create(**FULL)
    new = made_by(import_id, 2)
    batch(
        {"id": new, "last_name": "Neu", "email": "neu@example.de", "opt_in": CONSENT},
        {
            "id": before["id"],
            "city": "Jena",
            "note": None,
            "email": "x@example.de",
            "opt_in": CONSENT,
            "active": False,
        },
        source="import",
        reference=str(import_id),
    )
    assert read(before["id"])["opt_in"]["state"] == "confirmed"
    told()

    removed, restored = undo(new, before["id"])

    assert (removed["status"], restored["status"]) == ("removed", "restored")
    assert client.get(f"{BASE}/{new}").status_code == 404
    after = read(before["id"])
    same = before.keys() - {"version", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    listed = client.get(BASE, query_string={"active": "all"}).json
    assert [one["id"] for one in listed["items"]] == [before["id"]]
    assert listed["total"] == 1
    found = client.get(BASE, query_string={"q": "Jena"}).json["items"]
    assert found == []
    names = [(name, body.get("reason")) for name, body in told()]
    assert names == [
        ("customer_erased", "import_undone"),
        ("customer_reactivated", None),
        ("customer_changed", None),
    ]
    ledger = client.get(f"{BASE}/{before['id']}/opt-in").json["ledger"]
    assert [entry["action"] for entry in ledger] == ["confirmed", "undone"]


def test_undoing_twice_changes_nothing_more(
    create: Callable,
    batch: Callable,
    read: Callable,
    undo: Callable,
    import_id: UUID,
    told: Callable,
) -> None:
    before = create(**FULL)
    new = made_by(import_id, 2)
    batch(
        {"id": new, "last_name": "Neu"},
        {"id": before["id"], "city": "Jena"},
        reference=str(import_id),
    )
    undo(new, before["id"])
    version = read(before["id"])["version"]
    told()

    again = undo(new, before["id"])

    assert [one["status"] for one in again] == ["removed", "unchanged"]
    assert read(before["id"])["version"] == version
    assert told() == []


def test_what_was_changed_again_since_stays(
    create: Callable,
    change: Callable,
    batch: Callable,
    read: Callable,
    undo: Callable,
    import_id: UUID,
) -> None:
    before = create(**FULL)
    batch({"id": before["id"], "city": "Jena", "note": "aus der Datei"}, reference=str(import_id))
    change(read(before["id"]), city="Gera")

    [one] = undo(before["id"])

    assert (one["status"], one["kept"]) == ("restored", ["city"])
    after = read(before["id"])
    assert (after["city"], after["note"]) == ("Gera", before["note"])


def test_between_two_rows_of_the_import_somebody_else_counts(
    create: Callable,
    change: Callable,
    batch: Callable,
    read: Callable,
    undo: Callable,
    import_id: UUID,
) -> None:
    before = create(**FULL)
    batch({"id": before["id"], "city": "Jena"}, reference=str(import_id))
    change(read(before["id"]), city="Gera")
    batch({"id": before["id"], "city": "Halle"}, reference=str(import_id))

    undo(before["id"])

    assert read(before["id"])["city"] == "Gera"


@pytest.mark.parametrize(
    "since", ["changed", "visited", "noted", "consented", "merged", "imported"]
)
def test_whom_somebody_has_worked_with_since_stays(
    client: FlaskClient,
    create: Callable,
    change: Callable,
    batch: Callable,
    read: Callable,
    undo: Callable,
    import_id: UUID,
    since: str,
) -> None:
    new = made_by(import_id, 2)
    batch({"id": new, "last_name": "Neu", "email": "neu@example.de"}, reference=str(import_id))
    if since == "changed":
        change(read(new), city="Gera")
    elif since == "visited":
        visit = {"customer": {"id": new}, "kind": "visit", "source": "pos", "external_id": "1"}
        assert client.post("/api/v1/activities", json=visit).status_code == 201
    elif since == "noted":
        note = {"customer_id": new, "date": "2026-01-02", "text": "ruft an"}
        assert client.post("/api/v1/history", json=note).status_code == 201
    elif since == "consented":
        client.post(f"{BASE}/{new}/opt-in", json={"action": "revoke"})
    elif since == "imported":
        batch({"id": new, "city": "Gera"}, reference=str(new_id()))
    else:
        other = create(last_name="Neu")
        client.post(f"{BASE}/{other['id']}/merge", json={"duplicates": [new]})

    [one] = undo(new)

    assert one["status"] == "kept"
    assert one["reason"]
    assert client.get(BASE, query_string={"active": "all"}).json["total"] == 1


def test_only_whom_the_import_created_can_go(
    create: Callable, undo: Callable, read: Callable
) -> None:
    somebody = create(**FULL)

    [one] = undo(somebody["id"], reference=uuid4())

    assert one["status"] == "unchanged"
    assert read(somebody["id"])["version"] == somebody["version"]
