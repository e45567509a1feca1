"""Customers out of the house and back: all services, both databases."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import vobject
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from services.importer.expiry import Expiry
from services.importer.exports import lease
from services.importer.exports.models import Export
from services.importer.exports.parts import Parts
from services.importer.work.leasing import LeaseLost
from shared import outbox
from shared.db import new_id, utcnow
from shared.values import sort_key

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
    system.define(ATTRIBUTES)
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


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_who_is_in_five_hundred_groups_comes_back_with_all_of_them(agency, format_):
    groups = [f"Kurse/Kurs {number}" for number in range(500)]
    put(agency, last_name="Müller", groups=groups)
    before = exported(agency, format=format_)

    ended = imported(agency, before, f"kunden.{format_}")

    assert (ended["state"], ended["progress"]["unchanged"]) == ("finished", 1)
    everybody = exported(agency)
    assert rows_of(everybody)[0]["Gruppen"].split(" | ") == sorted(groups, key=sort_key)
    fewer = everybody.replace(b" | Kurse/Kurs 42 |", b" |")
    imported(agency, fewer)
    assert exported(agency).count(b"Kurse/Kurs ") == 499


def test_a_sheet_holds_text_numbers_and_dates_as_such(agency):
    put(
        agency,
        first_name="Änne",
        last_name="O'Neil",
        company="'<Süd> & Söhne",
        postal_code="04109",
        phone="+49 341 12345",
        birthday="1980-12-24",
        note="=1+1\nzwei",
        registered_at="2026-01-02T09:04:05Z",
        groups=["Stammkunden"],
        values={"budget": "-1234.5", "trip": "1899-06-10", "flies": True},
    )

    content = exported(agency, format="xlsx")

    book = openpyxl.load_workbook(io.BytesIO(content))
    heading, row = book.active.iter_rows(values_only=True)
    assert list(heading) == OWN
    cells = dict(zip(heading, row, strict=True))
    assert (cells["Kundennummer"], cells["Aktiv"], cells["Version"]) == (1, 1, 1)
    assert (cells["Nachname"], cells["Firma"]) == ("O'Neil", "''<Süd> & Söhne")
    assert (cells["PLZ"], cells["Telefon"]) == ("04109", "+49 341 12345")
    assert (cells["Geburtstag"], cells["Letzte Reise"]) == (at(1980, 12, 24), "10.06.1899")
    assert cells["Registriert"] == at(2026, 1, 2, 10, 4, 5)
    assert (cells["Reisebudget"], cells["Vielflieger"]) == (-1234.5, "ja")
    assert cells["Notiz"] == "=1+1\nzwei"
    assert book.active.freeze_panes == "A2"
    assert book.active.auto_filter.ref == "A1:Z2"
    assert book.active["A1"].font.bold
    [_, read] = (
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    assert read[heading.index("Notiz")] == "=1+1\nzwei"
    assert read[heading.index("PLZ")] == "04109"


def test_a_sheet_comes_back_and_changes_nobody(agency):
    put(
        agency,
        last_name="_x0041_ 'tis",
        company="'<Süd> & Söhne",
        postal_code="00109",
        birthday="1899-12-24",
        note="=1+1\nzwei",
        groups=["Stammkunden", "Reise/Süd & Nord"],
        values={"budget": "-123456789012345.5", "trip": "1899-06-10", "flies": True},
    )
    put(agency, email="a@example.com", values={"budget": "1.234", "trip": "2024-02-29"})
    before = exported(agency, format="xlsx")

    ended = imported(agency, before, "kunden.xlsx")

    problems = agency.http.get(f"/api/v1/imports/{ended['id']}/errors").json()["items"]
    assert (ended["state"], problems) == ("finished", [])
    assert ended["progress"]["unchanged"] == 2
    assert cells_of(exported(agency, format="xlsx")) == cells_of(before)


def test_cards_hold_hostile_texts_as_they_are(agency):
    made = put(
        agency,
        title="Dr.",
        first_name="Änne",
        last_name="von; der, Au\\",
        company="A;B",
        email="a@example.com",
        mobile="0171 5555",
        street="Weg; 1",
        postal_code="04109",
        city="Leipzig",
        birthday="1980-12-24",
        note="Erste Zeile\nBEGIN:VCARD;" + "ü" * 200,
        groups=["Stammkunden", "Reise, Süd; West"],
    )
    put(agency, company="Nur Firma")

    content = exported(agency, format="vcf").decode()

    first, second = vobject.readComponents(content)
    assert first.version.value == "3.0"
    assert (first.n.value.family, first.n.value.given) == ("von; der, Au\\", "Änne")
    assert (first.fn.value, first.org.value) == ("Dr. Änne von; der, Au\\", ["A;B"])
    assert (first.adr.value.street, first.adr.value.code) == ("Weg; 1", "04109")
    assert first.tel.params["TYPE"] == ["CELL", "VOICE"]
    assert first.note.value == "Erste Zeile\nBEGIN:VCARD;" + "ü" * 200
    assert first.bday.value == "1980-12-24"
    assert first.uid.value == f"urn:uuid:{made['id']}"
    assert first.categories.value == ["Reise, Süd; West", "Stammkunden"]
    assert second.fn.value == "Nur Firma"
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))


def test_a_selection_is_exported_sorted_by_group(agency):
    put(agency, last_name="Nord", groups=["Zebra", "Anton"])
    put(agency, last_name="Süd", groups=["Berta"])
    left = put(agency, last_name="West", groups=["Anton"])
    put(agency, last_name="Ost")
    agency.http.post(f"/api/v1/customers/{left['id']}/deactivate")
    agency.drain()
    filter_ = {"not": {"field": "last_name", "op": "eq", "value": "Süd"}}
    saved = agency.http.post("/api/v1/selections", json={"name": "Ohne Süd", "filter": filter_})

    assert names(exported(agency, sort="group")) == ["Nord", "West", "Süd", "Ost"]
    assert names(exported(agency, sort="-group")) == ["Süd", "Nord", "West", "Ost"]
    assert names(exported(agency, sort="-name", filter=filter_)) == ["Ost", "Nord"]
    chosen = exported(agency, selection_id=saved.json()["id"], columns=["Nachname", "groups"])
    assert rows_of(chosen) == [
        {"Nachname": "Nord", "Gruppen": "Anton | Zebra"},
        {"Nachname": "Ost", "Gruppen": ""},
    ]
    assert names(exported(agency, active="false")) == ["West"]
    assert names(exported(agency, sort="-updated_at"))[0] == "West"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"columns": ["Lieblingsfarbe"]}, "Lieblingsfarbe"),
        ({"filter": {"group": "Gibtsnicht"}}, "filter.group"),
        ({"filter": {"active": True}, "sort": "updated_at"}, "sort"),
        ({"filter": {"active": True}, "active": "all"}, "active"),
        ({"selection_id": "00000000-0000-7000-8000-000000000000"}, "selection_id"),
        ({"format": "pdf"}, "format"),
        ({"format": "vcf", "columns": ["email"]}, "columns"),
    ],
)
def test_what_cannot_be_exported_is_named(agency, asked, field):
    answer = agency.http.post("/api/v1/exports", json={"format": "csv", **asked})

    assert answer.status_code == 422
    assert field in answer.text


def test_taking_customers_out_needs_the_permission_to(agency):
    put(agency, last_name="Meier")
    exported(agency)
    [done] = agency.http.get("/api/v1/exports").json()["items"]
    assert (done["created_by"], done["rows_total"], done["rows_done"]) == ("Test", 1, 1)
    reader = agency.client(("customers:read", "groups:read", "imports:write"))

    for path in ("", f"/{done['id']}", f"/{done['id']}/file"):
        assert reader.get(f"/api/v1/exports{path}").status_code == 403
    assert reader.post("/api/v1/exports", json={"format": "csv"}).status_code == 403
    file = agency.client(("exports:read",)).get(f"/api/v1/exports/{done['id']}/file")
    assert file.headers["Cache-Control"] == "no-store"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="Kunden 20')


def test_no_file_names_a_person_who_was_erased(agency):
    gone = put(agency, last_name="Vergessen")
    put(agency, last_name="Bleibt")
    exported(agency)
    [done] = agency.http.get("/api/v1/exports").json()["items"]
    on_its_way = agency.http.post("/api/v1/exports", json={"format": "csv"}).json()

    version = {"If-Match": f'"{gone["version"]}"'}
    assert agency.http.delete(f"/api/v1/customers/{gone['id']}", headers=version).status_code == 204
    agency.drain()
    agency.settle()

    file = agency.http.get(f"/api/v1/exports/{done['id']}/file")
    assert (file.status_code, "no longer kept" in file.text) == (409, True)
    file = agency.http.get(f"/api/v1/exports/{on_its_way['id']}/file")
    assert names(file.content) == ["Bleibt"]
    receipt = agency.http.get(f"/api/v1/erasures/{gone['id']}").json()
    assert "importer" in receipt["services"]


def test_an_export_of_a_worker_that_died_is_written_from_its_beginning(agency):
    put(agency, last_name="Meier")
    ordered = agency.http.post("/api/v1/exports", json={"format": "csv"}).json()
    database, dead = agency.database_for("importer"), new_id()
    half = Parts(UUID(ordered["id"]))
    half.add(b"half a file")
    with database.transaction() as session:
        lease.claim(session, dead)
        half.save(session, last=True)

    agency.run_jobs()
    assert agency.http.get(f"/api/v1/exports/{ordered['id']}").json()["state"] == "running"
    with database.transaction() as session:
        session.execute(update(Export).values(lease_until=utcnow() - timedelta(seconds=1)))
    agency.run_jobs()

    file = agency.http.get(f"/api/v1/exports/{ordered['id']}/file")
    assert names(file.content) == ["Meier"]
    with pytest.raises(LeaseLost), database.transaction() as session:
        lease.finish(session, UUID(ordered["id"]), dead, half, 1)


def test_an_erasure_makes_an_export_that_is_being_written_begin_anew(agency):
    gone = put(agency, last_name="Vergessen")
    ordered = agency.http.post("/api/v1/exports", json={"format": "csv"}).json()
    database, busy = agency.database_for("importer"), new_id()
    with database.transaction() as session:
        lease.claim(session, busy)

    version = {"If-Match": f'"{gone["version"]}"'}
    agency.http.delete(f"/api/v1/customers/{gone['id']}", headers=version)
    agency.drain()

    with pytest.raises(LeaseLost), database.transaction() as session:
        lease.finish(session, UUID(ordered["id"]), busy, Parts(UUID(ordered["id"])), 1)
    agency.run_jobs()
    file = agency.http.get(f"/api/v1/exports/{ordered['id']}/file")
    assert names(file.content) == []


def test_files_are_kept_for_a_while_and_the_record_of_them_longer(agency):
    exported(agency)
    [done] = agency.http.get("/api/v1/exports").json()["items"]
    expiry = Expiry(agency.apps["importer"].extensions["settings"], agency.database_for("importer"))

    assert expiry.step(utcnow() + timedelta(days=29)) == 0
    assert expiry.step(utcnow() + timedelta(days=31)) == 1

    assert agency.http.get(f"/api/v1/exports/{done['id']}/file").status_code == 409
    assert agency.http.get(f"/api/v1/exports/{done['id']}").json()["created_by"] == "Test"
    assert expiry.step(utcnow() + timedelta(days=31)) == 0


def test_an_export_is_told_when_its_file_is_ready(agency):
    put(agency, last_name="Meier")
    exported(agency)

    with agency.database_for("importer").reading() as session:
        [message] = outbox.waiting(session)
    assert (message.name, message.body["rows"]) == ("importer.export_finished", 1)


def test_there_is_no_file_before_the_end_and_that_is_said_in_german_too(agency):
    ordered = agency.http.post("/api/v1/exports", json={"format": "csv"}).json()

    early = agency.http.get(
        f"/api/v1/exports/{ordered['id']}/file", headers={"Accept-Language": "de"}
    )

    assert early.status_code == 409
    assert early.json()["detail"] == (
        "Stand des Exports: wartet. Eine Datei gibt es erst, wenn er fertig ist."
    )


def test_an_export_that_was_cancelled_has_no_file(agency):
    ordered = agency.http.post("/api/v1/exports", json={"format": "csv"}).json()

    cancelled = agency.http.post(f"/api/v1/exports/{ordered['id']}/cancel")
    agency.settle()

    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert agency.http.get(f"/api/v1/exports/{ordered['id']}/file").status_code == 409
    assert agency.http.post(f"/api/v1/exports/{ordered['id']}/cancel").status_code == 409


def test_the_template_is_an_empty_list_in_both_kinds(agency):
    for_csv = agency.http.get("/api/v1/imports/template.csv").content
    sheet = agency.http.get("/api/v1/imports/template.xlsx").content

    assert for_csv.decode("utf-8-sig").rstrip("\r\n").split(";") == OWN[:-1]
    assert [value for value, _ in cells_of(sheet)[0]] == OWN[:-1]


def names(content: bytes) -> list[str]:
    return [row["Nachname"] for row in rows_of(content)]


def at(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - a sheet knows no zones


def cells_of(content: bytes) -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[(cell.value, cell.number_format) for cell in row] for row in book.active.iter_rows()]
