"""From a customer list to customers, their groups and their attributes: all services, both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "kundenliste.csv"
ATTRIBUTES: list[dict[str, Any]] = [
    {"key": "reisebudget", "type": "decimal", "label": {"de": "Reisebudget", "en": "Budget"}},
    {
        "key": "reisestil",
        "type": "choice",
        "label": {"de": "Reisestil", "en": "Style"},
        "choices": ["Strand", "Kultur", "Aktiv", "Luxus", "Familie"],
    },
    {"key": "letzte_reise", "type": "date", "label": {"de": "Letzte Reise", "en": "Last trip"}},
    {"key": "vielflieger", "type": "yes_no", "label": {"de": "Vielflieger", "en": "Flies a lot"}},
]


@pytest.fixture
def travel_agency(system):
    system.define(ATTRIBUTES)
    return system


def imported(system, content: bytes, **options: Any) -> Any:
    arrived = system.http.post(
        "/api/v1/imports?start=true",
        files={"file": ("kundenliste.csv", content)},
        data={"options": json.dumps(options)},
    )
    assert arrived.status_code == 201, arrived.text
    system.settle()
    return system.http.get(f"/api/v1/imports/{arrived.json()['id']}").json()


def found(system, **query: str) -> Any:
    return system.http.get("/api/v1/customers", params={"active": "all", **query}).json()


def test_a_list_becomes_customers_in_groups_with_values(travel_agency):
    ended = imported(travel_agency, EXAMPLE.read_bytes())

    assert (ended["state"], ended["failure"]) == ("finished", None)
    progress = ended["progress"]
    assert (progress["created"], progress["failed"], progress["conflicts"]) == (491, 9, 0)
    assert found(travel_agency)["total"] == 491
    [fatima] = found(travel_agency, q="fatima.kuhl4@example.org")["items"]
    assert (fatima["salutation"], fatima["country"], fatima["language"]) == ("Frau", "DE", "de")
    assert (fatima["birthday"], fatima["registered_at"]) == ("1952-01-04", "2019-08-31T13:56:00Z")
    assert fatima["opt_in"]["state"] == "confirmed"
    assert fatima["sources"] == ["import"]
    values = travel_agency.http.get(f"/api/v1/attribute-values/{fatima['id']}").json()
    assert values == {
        "reisebudget": "7344.29",
        "reisestil": "Aktiv",
        "letzte_reise": "2026-06-10",
        "vielflieger": True,
    }
    groups = travel_agency.http.get("/api/v1/groups").json()["items"]
    members = {group["path"]: group["member_count"] for group in groups}
    assert members["Reiseangebote/Griechenland"] == 95
    assert members["Firmenkunden"] == 99


def test_the_corrected_error_file_brings_the_rest(travel_agency):
    first = imported(travel_agency, EXAMPLE.read_bytes())
    errors = travel_agency.http.get(f"/api/v1/imports/{first['id']}/errors.csv").content
    for wrong, right in {
        "31.02.1974": "28.02.1974",
        "(at)": "@",
        "ca. 3000": "3.000",
        "Atlantis": "Österreich",
        "vielleicht": "ja",
    }.items():
        errors = errors.replace(wrong.encode(), right.encode())

    second = imported(travel_agency, errors)

    assert second["progress"]["created"] == 5
    assert second["progress"]["failed"] == 4
    assert found(travel_agency)["total"] == 496


def test_the_list_again_changes_nobody(travel_agency):
    imported(travel_agency, EXAMPLE.read_bytes())
    before = found(travel_agency, limit="500")

    again = imported(travel_agency, EXAMPLE.read_bytes())

    assert (again["progress"]["unchanged"], again["progress"]["failed"]) == (491, 9)
    assert found(travel_agency, limit="500") == before


def test_an_import_never_subscribes_anyone_again(travel_agency):
    imported(
        travel_agency, b"Nachname;E-Mail;OptIn best\xe4tigt\r\nMeier;m@example.com;1.2.2024\r\n"
    )
    [customer] = found(travel_agency)["items"]
    travel_agency.http.post(
        f"/api/v1/customers/{customer['id']}/opt-in", json={"action": "revoke", "evidence": "Anruf"}
    )

    again = imported(
        travel_agency, b"Nachname;E-Mail;OptIn best\xe4tigt\r\nMeier;m@example.com;1.3.2024\r\n"
    )

    [customer] = found(travel_agency)["items"]
    assert customer["opt_in"]["state"] == "revoked"
    problems = travel_agency.http.get(f"/api/v1/imports/{again['id']}/errors").json()["items"]
    assert [problem["refused"] for problem in problems] == [False]
