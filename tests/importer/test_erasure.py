"""Nothing of an erased person stays in files and bad rows, and nobody else's row is lost by it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from services.importer.expiry import Expiry
from services.importer.handlers import HANDLERS
from services.importer.models import BadRow, FilePart, Import, ImportRow, ProblemRow, SheetPart
from shared.db import new_id, utcnow
from shared.events.customers import CustomerErased
from shared.outbox import waiting
from shared.tables import idempotency_keys
from tests.importer.books import xlsx

HEADING = "Nachname;Vorname;E-Mail;Gruppen\r\n"
ANNA = "Müller;Anna;anna@example.de;"
LISTED = HEADING + ANNA + "\r\nMaier;Bob;bob@example.de;Nirgends\r\n"
KNOWN_GROUPS = {"groups": {"create_missing": False}}
"""A row with an unknown group is imported, and kept as one with a problem."""


def erase(importer, *customer_ids):
    with importer.database.transaction() as session:
        HANDLERS[CustomerErased](
            session,
            [
                CustomerErased(customer_id=customer_id, version=9, occurred_at=utcnow())
                for customer_id in customer_ids
            ],
        )


def told(importer) -> list[UUID]:
    with importer.database.reading() as session:
        return [
            UUID(message.body["customer_id"])
            for message in waiting(session)
            if message.name == "importer.customer_forgotten"
        ]


def held(importer) -> str:
    """All that is stored of cells, as one text."""
    with importer.database.reading() as session:
        parts = [part.decode("cp1252") for part in session.scalars(select(FilePart.data))]
        cells = [" ".join(cells) for cells in session.scalars(select(BadRow.cells))]
        values = session.execute(select(ProblemRow.value, ProblemRow.reason_en)).all()
        shown = [str(detected) for detected in session.scalars(select(Import.detected))]
        answers = [body.decode() for body in session.scalars(select(idempotency_keys.c.body))]
        return " ".join([*parts, *cells, *map(str, values), *shown, *answers])


def sheets_held(importer) -> int:
    with importer.database.reading() as session:
        return len(session.scalars(select(SheetPart.part)).all())


def id_of(importer, name) -> UUID:
    services = importer.services
    [found] = [key for key, one in services.customers.items() if one["last_name"] == name]
    return UUID(found)


@pytest.fixture
def admin(client_for: Callable[..., FlaskClient], importer) -> FlaskClient:
    """The same app, asked by somebody who may know everything."""
    return client_for("importer")


def known_of(client, customer_id):
    answer = client.get(f"/api/v1/importer/data/{customer_id}")
    assert answer.status_code == 200, answer.text
    return answer.json["imports"]


def test_a_created_customer_leaves_neither_file_nor_bad_row(importer):
    ended = importer.imported(
        HEADING + ANNA + "Nirgends\r\nMaier;Bob;bob@example.de;Nirgendwo\r\n", **KNOWN_GROUPS
    )
    anna = id_of(importer, "Müller")
    assert "anna@example.de" in held(importer)

    erase(importer, anna)

    left = held(importer)
    for cell in ("Müller", "Anna", "anna@example.de"):
        assert cell not in left
    assert [problem["row"] for problem in importer.problems(ended)] == [3]
    assert b"bob@example.de" in importer.error_file(ended)
    assert told(importer) == [anna]
    shown = importer.get(ended["id"])
    assert shown["file_deleted_at"] is not None
    assert shown["progress"]["rows_done"] == 2


def test_one_who_was_only_found_in_a_file_is_found_there_again(importer):
    importer.imported(LISTED)
    anna = id_of(importer, "Müller")
    first = len(held(importer))
    importer.imported("Telefon;E-Mail\r\n0171 123;anna@example.de\r\n", filename="telefone.csv")
    importer.imported("Nachname;E-Mail\r\nSchulz;eva@example.de\r\n", filename="andere.csv")
    assert len(held(importer)) > first

    erase(importer, anna)

    left = held(importer)
    assert "anna@example.de" not in left
    assert "0171 123" not in left
    assert "eva@example.de" in left
    assert told(importer) == [anna]


def test_a_refused_row_of_the_same_address_goes_as_well(importer):
    ended = importer.imported(
        HEADING
        + "Müller;Anna;anna@example.de;1\r\n"
        + "Müller;Anna;ANNA@example.de;viel\r\n"
        + "Maier;Bob;kaputt@@example.de;\r\n",
        mapping={"Gruppen": "attribute:budget"},
    )
    assert [problem["row"] for problem in importer.problems(ended)] == [3, 4]
    [anna] = map(UUID, importer.services.customers)
    erase(importer, anna)

    assert "anna@example.de" not in held(importer).casefold()
    assert b"kaputt@@example.de" in importer.error_file(ended)


def test_an_import_under_way_goes_on_for_all_others(importer):
    rows = [f"Kunde{n};Max;max{n}@example.de;A" for n in range(40)]
    rows[3] = ANNA + "Nirgends"
    calls = []

    def erased_meanwhile():
        calls.append(1)
        if len(calls) == 3:
            erase(importer, id_of(importer, "Müller"))
            assert "anna@example.de" in held(importer), "others still need the file"
            assert told(importer) == []

    importer.services.before_customers = erased_meanwhile
    ended = importer.imported(HEADING + "\r\n".join(rows) + "\r\n", **KNOWN_GROUPS)

    assert ended["state"] == "finished"
    assert ended["progress"]["created"] == 40
    assert "anna@example.de" not in held(importer)
    assert told(importer) == [id_of(importer, "Müller")]
    with importer.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_one_erased_before_her_row_is_written_down_leaves_none(importer):
    rows = [f"Kunde{n};Max;max{n}@example.de;" for n in range(8)]
    text = HEADING + ANNA + "Nirgends\r\n" + "\r\n".join(rows)
    arrived = importer.upload(text, start=True, **KNOWN_GROUPS)
    # The id that her row will give her: the import's, ending in the line.
    anna = UUID(int=UUID(arrived["id"]).int >> 32 << 32 | 2)
    importer.services.before_customers = lambda: erase(importer, anna)

    importer.run()

    ended = importer.get(arrived["id"])
    assert id_of(importer, "Müller") == anna
    assert ended["state"] == "finished"
    assert "anna@example.de" not in held(importer)
    assert importer.problems(ended) == []
    assert anna in told(importer)


def test_a_failed_import_with_an_erased_person_is_uploaded_again(importer):
    importer.services.refuse_memberships_from = 1
    ended = importer.imported(
        "Nachname;E-Mail;Gruppen\r\nMüller;anna@example.de;A\r\n"
        + "".join(f"Kunde{n};max{n}@example.de;A\r\n" for n in range(30))
    )
    assert ended["state"] == "failed"

    erase(importer, id_of(importer, "Müller"))

    assert "anna@example.de" not in held(importer)
    refused = importer.post(ended, "start", 409)
    assert "Upload it again" in refused["detail"]
    importer.post(ended, "preview", 409)


def test_the_answer_to_the_upload_is_forgotten_too(importer):
    answer = importer.client.post(
        "/api/v1/imports?start=true",
        data={"file": (io.BytesIO(LISTED.encode("cp1252")), "kunden.csv")},
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 201
    importer.run()

    erase(importer, id_of(importer, "Müller"))

    assert "anna@example.de" not in held(importer)


def test_erasing_a_stranger_or_twice_is_told_and_harms_nobody(importer):
    importer.imported(LISTED)
    before, stranger = held(importer), new_id()

    erase(importer, stranger)
    erase(importer, stranger)

    assert held(importer) == before
    assert told(importer) == [stranger, stranger]


def test_it_is_told_which_files_a_person_came_from(importer, admin):
    ended = importer.imported(LISTED, **KNOWN_GROUPS)
    importer.imported("Telefon;E-Mail\r\n0171 123;anna@example.de\r\n", filename="telefone.csv")
    anna = id_of(importer, "Müller")

    [first, second] = known_of(admin, anna)

    assert first["import_id"] == ended["id"]
    assert (first["filename"], first["created_by"]) == ("kunden.csv", "Test")
    assert first["columns"] == ["Nachname", "Vorname", "E-Mail", "Gruppen"]
    assert first["rows"] == [
        {
            "row": 2,
            "cells": ["Müller", "Anna", "anna@example.de", ""],
            "corrections": {},
            "problems": [],
        }
    ]
    assert second["rows"][0]["cells"] == ["0171 123", "anna@example.de"]
    stranger = importer.client.get(f"/api/v1/importer/data/{anna}")
    assert stranger.status_code == 403
    [bobs] = known_of(admin, id_of(importer, "Maier"))
    assert len(bobs["rows"][0]["problems"]) == 1
    assert known_of(admin, new_id()) == []


def test_files_are_kept_for_a_month(importer, admin):
    ended = importer.imported(LISTED, **KNOWN_GROUPS)
    waits = importer.upload(HEADING + "Alt;Uwe;uwe@example.de;1\r\n")
    expiry = Expiry(importer.client.application.extensions["settings"], importer.database)

    assert expiry.step(utcnow() + timedelta(days=29)) == 0
    assert "bob@example.de" in held(importer)

    assert expiry.step(utcnow() + timedelta(days=31)) == 2
    assert expiry.step(utcnow() + timedelta(days=31)) == 0
    left = held(importer)
    for cell in ("anna@example.de", "bob@example.de", "Nirgends", "uwe@example.de"):
        assert cell not in left
    assert importer.get(ended["id"])["progress"]["created"] == 2
    assert importer.problems(ended) == []
    importer.post(waits, "start", 409)
    [made] = known_of(admin, id_of(importer, "Müller"))
    assert made["rows"] == [{"row": 2, "cells": None, "corrections": {}, "problems": []}]


def test_a_file_under_way_is_not_too_old(importer):
    arrived = importer.upload(LISTED, start=True)
    expiry = Expiry(importer.client.application.extensions["settings"], importer.database)

    assert expiry.step(utcnow() + timedelta(days=31)) == 0

    importer.run()
    assert importer.get(arrived["id"])["progress"]["created"] == 2


def test_the_rows_of_a_sheet_are_known_of_and_go_with_the_file(importer, admin):
    importer.imported(xlsx([["Nachname", "Ort"], ["Meier", "Bonn"], ["Huber", "Ulm"]]))
    huber = id_of(importer, "Huber")
    [known] = known_of(admin, huber)
    [row] = known["rows"]
    assert (row["row"], row["cells"]) == (3, ["Huber", "Ulm"])
    assert sheets_held(importer) == 1

    erase(importer, huber)

    assert sheets_held(importer) == 0
    [known] = known_of(admin, id_of(importer, "Meier"))
    assert known["rows"][0]["cells"] is None
