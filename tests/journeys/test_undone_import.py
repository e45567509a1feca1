"""An import that was a mistake, taken back as a whole: all services, both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest

LIST = """Vorname;Nachname;E-Mail;Ort;Gruppen;Reisestil;OptIn bestätigt
Anna;Alt;anna@example.de;Jena;Falsch/Ganz falsch;Kultur;
Ben;Neu;ben@example.de;Gera;Falsch | Newsletter;Strand;01.02.2026
Cem;Neu;cem@example.de;Suhl;Falsch/Ganz falsch;Strand;
Dora;Schief;dora(at)example.de;Suhl;Falsch;;
"""


@pytest.fixture
def office(system):
    attribute = {"key": "reisestil", "type": "text", "label": {"de": "Reisestil"}}
    post(system, "/attributes", {"scope": "customer", **attribute})
    group = post(system, "/groups", {"name": "Newsletter"})
    step = {
        "key": "a",
        "delay": {"value": 1, "unit": "days"},
        "subject": "Hallo",
        "text": "Guten Tag",
    }
    sequence = {
        "name": "Begrüßung",
        "purpose": "newsletter",
        "start_groups": [group["id"]],
        "steps": [step],
        "policies": {"on_leave": "continue"},
    }
    made = post(system, "/sequences", sequence)
    post(system, f"/sequences/{made['id']}/activate", {"existing_members": "ignore"}, expected=200)
    system.settle()
    return system


def post(system, path: str, body: Any = None, expected: int = 201) -> Any:
    answer = system.http.post(f"/api/v1{path}", json=body or {})
    assert answer.status_code == expected, answer.text
    return answer.json()


def get(system, path: str, **query: str) -> Any:
    answer = system.http.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def imported(system, content: str = LIST, **options: Any) -> Any:
    arrived = system.http.post(
        "/api/v1/imports?start=true",
        files={"file": ("falsch.csv", content.encode("cp1252"))},
        data={"options": json.dumps(options)},
    )
    assert arrived.status_code == 201, arrived.text
    system.settle()
    return get(system, f"/imports/{arrived.json()['id']}")


def undone(system, found: Any) -> Any:
    post(system, f"/imports/{found['id']}/undo", expected=202)
    system.settle()
    return get(system, f"/imports/{found['id']}")


def picture(system) -> Any:
    """Everything that a person of the office sees, without versions and times of change."""
    hidden = ("version", "updated_at")
    customers = get(system, "/customers", active="all")["items"]
    return {
        "customers": [{k: v for k, v in one.items() if k not in hidden} for one in customers],
        "groups": [
            (one["path"], one["member_count"], one["member_count_with_subgroups"])
            for one in get(system, "/groups")["items"]
        ],
        "values": [get(system, f"/attribute-values/{one['id']}") for one in customers],
        "members": [
            [
                (span["group_path"], span["since"], span["source"])
                for span in get(system, "/memberships", customer_id=one["id"])["items"]
                if span["until"] is None
            ]
            for one in customers
        ],
    }


def anna_who_was_there(system) -> str:
    anna = {"first_name": "Anna", "last_name": "Alt", "email": "anna@example.de", "city": "Ulm"}
    customer_id = post(system, "/customers", anna)["id"]
    rows = [{"customer_id": customer_id, "groups": ["Newsletter", "Stammkunden"]}]
    post(system, "/memberships/batch", {"rows": rows, "create_missing": True}, expected=200)
    values = system.http.patch(
        f"/api/v1/attribute-values/{customer_id}", json={"reisestil": "Aktiv"}
    )
    assert values.status_code == 200
    system.settle()
    return str(customer_id)


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_everything_is_as_before(office, mode):
    anna_who_was_there(office)
    before = picture(office)
    found = imported(office, groups={"mode": mode})
    assert found["progress"]["created"] == 2
    assert picture(office) != before
    live = get(office, "/enrolments", state="active")["items"]
    assert len(live) == 1

    ended = undone(office, found)

    assert (ended["state"], ended["failure"]) == ("undone", None)
    undo = ended["undo"]
    assert (undo["removed"], undo["restored"], undo["kept"]) == (2, 1, 0)
    assert undo["by"] == "Test"
    assert picture(office) == before
    assert get(office, "/enrolments", state="active")["items"] == []
    refused = office.http.post(f"/api/v1/imports/{found['id']}/undo")
    assert refused.status_code == 409


def test_whom_somebody_has_worked_with_stays_and_is_named(office):
    found = imported(office)
    [ben] = get(office, "/customers", q="ben@example.de")["items"]
    visit = {"customer": {"id": ben["id"]}, "kind": "visit", "source": "pos", "external_id": "7"}
    post(office, "/activities", visit)
    office.settle()

    ended = undone(office, found)

    assert (ended["undo"]["removed"], ended["undo"]["kept"]) == (2, 1)
    [left] = get(office, "/customers", active="all")["items"]
    assert left["id"] == ben["id"]
    [note] = [p for p in get(office, f"/imports/{found['id']}/errors")["items"] if p["row"] == 3]
    assert note["value"] == str(ben["number"])
    assert "stay" in note["reason"]
    assert "Falsch" in {group["path"] for group in get(office, "/groups")["items"]}


def test_the_same_file_can_come_again_rightly(office):
    """Nobody has asked to be forgotten: after undoing, the corrected list gets its newsletters."""
    undone(office, imported(office))

    again = imported(office)

    assert again["progress"]["created"] == 3
    [ben] = get(office, "/customers", q="ben@example.de")["items"]
    assert ben["opt_in"]["state"] == "confirmed"
    [enrolled] = get(office, "/enrolments", customer_id=ben["id"])["items"]
    assert enrolled["state"] == "active"
