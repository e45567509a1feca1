"""Customers out of the house and back: all services, both databases."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

OWN = [
    "Kundennummer", "Aktiv", "Registriert", "Anrede", "Titel", "Vorname", "Nachname", "Firma",
    "E-Mail", "Telefon", "Mobil", "Straße", "PLZ", "Ort", "Land", "Geburtstag", "Sprache", "Notiz",
    "OptIn bestätigt", "Gruppen", "Reisebudget", "Letzte Reise", "Vielflieger", "Id", "Version",
    "Stand",
]  # fmt: skip
ATTRIBUTES: list[dict[str, Any]] = [
    {"key": "budget", "type": "decimal", "label": {"de": "Reisebudget", "en": "Budget"}},
    {"key": "trip", "type": "date", "label": {"de": "Letzte Reise", "en": "Last trip"}},
    {"key": "flies", "type": "yes_no", "label": {"de": "Vielflieger", "en": "Flies a lot"}},
]


@pytest.fixture
def agency(system):
    for attribute in ATTRIBUTES:
        defined = system.http.post("/api/v1/attributes", json={"scope": "customer", **attribute})
        assert defined.status_code == 201, defined.text
    return system


def put(system, *, groups: list[str] | None = None, values: Any = None, **customer: Any) -> Any:
    made = system.http.post("/api/v1/customers", json=customer).json()
    if groups:
        rows = [{"customer_id": made["id"], "groups": groups}]
        body = {"rows": rows, "create_missing": True}
        assert system.http.post("/api/v1/memberships/batch", json=body).status_code == 200
    if values:
        told = system.http.patch(f"/api/v1/attribute-values/{made['id']}", json=values)
        assert told.status_code == 200, told.text
    system.drain()
    return made


def exported(system, **asked: Any) -> bytes:
    """Order a file, let it be written, and download it."""
    ordered = system.http.post("/api/v1/exports", json={"format": "csv", **asked})
    assert ordered.status_code == 202, ordered.text
    system.run_jobs()
    ended = system.http.get(ordered.headers["Location"]).json()
    assert (ended["state"], ended["failure"]) == ("finished", None)
    file = system.http.get(f"{ordered.headers['Location']}/file")
    assert file.status_code == 200, file.text
    assert int(file.headers["Content-Length"]) == len(file.content) == ended["size"]
    return file.content


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def imported(system, content: bytes, filename: str = "kunden.csv", **options: Any) -> Any:
    arrived = system.http.post(
        "/api/v1/imports?start=true",
        files={"file": (filename, content)},
        data={"options": json.dumps(options)},
    )
    assert arrived.status_code == 201, arrived.text
    system.settle()
    return system.http.get(f"/api/v1/imports/{arrived.json()['id']}").json()


def test_everybody_is_in_the_file_with_groups_and_attributes(agency):
    put(
        agency,
        salutation="Frau",
        first_name="Änne",
        last_name="Müller",
        postal_code="04109",
        phone="+49 341 12345",
        birthday="1980-12-24",
        note='Sagt "Hallo"\nund; geht',
        groups=["Stammkunden", "Reiseangebote/Griechenland"],
        values={"budget": "1234.5", "trip": "2026-06-10", "flies": True},
    )
    left = put(agency, company="=Süd", registered_at="2026-01-02T09:04:05Z")
    agency.http.post(f"/api/v1/customers/{left['id']}/deactivate")

    content = exported(agency)

    assert content.startswith("\ufeffKundennummer;Aktiv".encode())
    first, second = rows_of(content)
    assert list(first) == OWN
    assert first["PLZ"] == "04109"
    assert first["Telefon"] == "'+49 341 12345"
    assert first["Geburtstag"] == "24.12.1980"
    assert first["Notiz"] == 'Sagt "Hallo"\nund; geht'
    assert first["Gruppen"] == "Reiseangebote/Griechenland | Stammkunden"
    assert (first["Reisebudget"], first["Letzte Reise"]) == ("1234,50", "10.06.2026")
    assert first["Vielflieger"] == "ja"
    assert first["Stand"].startswith("T")
    assert first["Stand"] != "T0"
    assert (second["Firma"], second["Aktiv"], second["Stand"]) == ("'=Süd", "0", "T0")
    assert second["Registriert"] == "02.01.2026 10:04:05"


@pytest.mark.parametrize("dialect", ["excel_de", "rfc4180"])
def test_an_export_comes_back_and_changes_nobody(agency, dialect):
    put(
        agency,
        last_name="Müller",
        phone="+49 341 12345",
        note="'quoted'\n=1+1",
        groups=["Stammkunden", "Reiseangebote/Griechen, & Land"],
        values={"budget": "-1234.5", "trip": "2026-06-10", "flies": False},
    )
    put(agency, company="@home", email="a@example.com", postal_code="00123")
    before = exported(agency, dialect=dialect)

    ended = imported(agency, before)

    assert (ended["state"], ended["progress"]["unchanged"]) == ("finished", 2)
    assert exported(agency, dialect=dialect) == before
