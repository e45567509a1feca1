"""Cells are corrected where they are: before the start, and for rows that were refused."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.importer.expiry import Expiry
from services.importer.models import Correction, Import
from shared.db import utcnow
from tests.importer.test_erasure import erase, id_of

HEADING = "Nachname;Vorname;E-Mail;Geburtstag;Gruppen\r\n"
LISTED = (
    HEADING + "Müller;Anna;anna@example.de;24.12.1980;Stammkunden\r\n"
    "Maier;Bob;bob.example.de;31.02.1975;VIP\r\n"
    "Schulz;Cora;cora@example.de;gestern;VIP\r\n"
)


def rows(importer, found, **query):
    answer = importer.client.get(f"/api/v1/imports/{found['id']}/rows", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def correct(importer, found, line, version=0, expected=200, **cells):
    answer = importer.client.patch(
        f"/api/v1/imports/{found['id']}/rows/{line}",
        json={"cells": {column.replace("_", "-"): text for column, text in cells.items()}},
        headers={"If-Match": f'"{version}"'},
    )
    assert answer.status_code == expected, answer.text
    return answer.json


def again(importer, found, expected=201):
    return importer.post(found, "again", expected)


def customers(importer):
    return {one["last_name"]: one for one in importer.services.customers.values()}


def test_a_cell_is_corrected_before_the_start(importer):
    found = importer.upload(LISTED)
    listed = rows(importer, found, status="problem")
    assert [(row["row"], [p["column"] for p in row["problems"]]) for row in listed["items"]] == [
        (3, ["Geburtstag"]),
        (4, ["Geburtstag"]),
    ]

    corrected = correct(importer, found, 4, Geburtstag="24.12.1975")
    importer.post(found, "start", 202)
    importer.run()

    assert corrected["status"] == "ok"
    assert corrected["cells"][3] == "24.12.1975"
    assert corrected["corrected"] == {"Geburtstag": "gestern"}
    assert customers(importer)["Schulz"]["birthday"] == "1975-12-24"
    assert [problem["row"] for problem in importer.problems(found)] == [3]


def test_the_answer_says_what_is_still_wrong_also_what_customers_would_refuse(importer):
    found = importer.upload(LISTED)

    row = correct(importer, found, 3, Geburtstag="24.12.1975")

    assert row["status"] == "problem"
    assert [problem["column"] for problem in row["problems"]] == ["E-Mail"]
    assert correct(importer, found, 3, 1, E_Mail="bob@example.de")["problems"] == []


def test_a_preview_and_the_list_of_rows_see_corrections(importer):
    found = importer.upload(LISTED)
    correct(importer, found, 3, Geburtstag="24.12.1975", E_Mail="bob@example.de")

    seen = importer.post(found, "preview", 200)

    assert seen["would"]["create"] == 2
    assert [row["status"] for row in rows(importer, found)["items"]] == ["ok", "ok", "problem"]


def test_a_correction_can_be_taken_back(importer):
    found = importer.upload(LISTED)
    correct(importer, found, 4, Geburtstag="24.12.1975")

    row = correct(importer, found, 4, 1, Geburtstag=None)

    assert row["cells"][3] == "gestern"
    assert row["corrected"] == {}
    assert row["version"] == 2


def test_of_two_people_at_one_row_the_second_is_told(importer):
    found = importer.upload(LISTED)
    correct(importer, found, 4, Geburtstag="24.12.1975")

    correct(importer, found, 4, 0, expected=412, Geburtstag="24.12.1999")

    [row] = [row for row in rows(importer, found)["items"] if row["row"] == 4]
    assert row["cells"][3] == "24.12.1975"


def test_without_a_version_nothing_is_corrected(importer):
    found = importer.upload(LISTED)

    answer = importer.client.patch(
        f"/api/v1/imports/{found['id']}/rows/4", json={"cells": {"Geburtstag": "1.1.1990"}}
    )

    assert answer.status_code == 428


def test_lines_and_columns_that_are_not_there_are_named(importer):
    found = importer.upload(LISTED)

    assert "line 99" in correct(importer, found, 99, expected=404, Geburtstag="1.1.1990")["detail"]
    assert "Hobby" in correct(importer, found, 4, expected=422, Hobby="Segeln")["detail"]


def test_a_long_list_of_problems_is_paged_by_line_and_stays_in_order_while_it_is_worked_off(
    importer,
):
    found = importer.upload(HEADING + "Müller;Anna;;gestern;\r\n" * 45)

    lines, cursor = [], None
    while True:
        page = rows(
            importer, found, status="problem", limit=10, **({"cursor": cursor} if cursor else {})
        )
        lines += [row["row"] for row in page["items"]]
        correct(importer, found, page["items"][0]["row"], Geburtstag="1.1.1990")
        cursor = page["next"]
        if cursor is None:
            break

    assert lines == list(range(2, 47))
    left = rows(importer, found, status="problem", limit=500)
    assert left["total"] == len(left["items"]) == 40


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "é"])
def test_a_cursor_of_another_list_is_refused(importer, cursor):
    found = importer.upload(LISTED)

    answer = importer.client.get(
        f"/api/v1/imports/{found['id']}/rows", query_string={"cursor": cursor}
    )

    assert answer.status_code == 422


def test_a_torn_row_is_put_together_by_giving_all_of_its_columns(importer):
    found = importer.upload(HEADING + "Maier;Bob;bob@example.de;1.1.1990;VIP;zu;viel\r\n")
    [row] = rows(importer, found, status="problem")["items"]
    assert row["whole"] is False

    some = correct(importer, found, 2, Gruppen="VIP")
    every = correct(
        importer, found, 2, 1, Nachname="Maier", Vorname="Bob", E_Mail="bob@example.de",
        Geburtstag="1.1.1990", Gruppen="VIP",
    )  # fmt: skip

    assert some["status"] == "problem"
    assert every["status"] == "ok"


def test_a_row_with_unreadable_characters_is_good_when_none_is_left(importer):
    found = importer.upload(HEADING + "Mai\x01er;Bob;bob@example.de;1.1.1990;\r\n")
    [row] = rows(importer, found, status="problem")["items"]
    assert row["whole"] is True

    assert correct(importer, found, 2, Nachname="Maier")["status"] == "ok"


def test_what_begins_like_a_formula_is_taken_as_it_was_written(importer):
    found = importer.upload("Nachname;Notiz;Id;Version\r\nMaier;'+49 171 1;;\r\n")

    row = correct(importer, found, 2, Notiz="'=1+1")

    assert row["corrected"] == {"Notiz": "+49 171 1"}
    assert row["cells"][1] == "'=1+1"


def test_a_row_that_is_imported_is_not_corrected_any_more(importer):
    ended = importer.imported(LISTED)

    correct(importer, ended, 2, expected=409, Geburtstag="1.1.1990")


def test_refused_rows_are_corrected_and_brought_again(importer):
    ended = importer.imported(LISTED)
    assert ended["progress"]["failed"] == 2
    listed = rows(importer, ended)
    assert [row["row"] for row in listed["items"]] == [3, 4]
    assert listed["total"] == 2
    assert correct(importer, ended, 4, Geburtstag="24.12.1975")["status"] == "ok"

    fresh = again(importer, ended)
    assert fresh["state"] == "ready"
    assert fresh["progress"]["rows_total"] == 2
    assert fresh["options"]["mapping"] == ended["options"]["mapping"]
    importer.post(fresh, "start", 202)
    importer.run()

    assert importer.get(fresh["id"])["progress"]["created"] == 1
    assert importer.get(ended["id"])["again_id"] == fresh["id"]
    assert set(customers(importer)) == {"Müller", "Schulz"}
    assert [problem["value"] for problem in importer.problems(fresh)][:1] != []


def test_rows_that_come_again_keep_the_order_of_dates_that_the_whole_file_told(importer):
    listed = (
        "Nachname;E-Mail;Geburtstag\r\nMaier;falsch;03/04/1980\r\nGut;a@example.de;03/24/1980\r\n"
    )
    ended = importer.imported(listed)
    correct(importer, ended, 2, E_Mail="maier@example.de")

    fresh = again(importer, ended)
    importer.post(fresh, "start", 202)
    importer.run()

    assert customers(importer)["Maier"]["birthday"] == "1980-03-04"


def test_a_torn_row_is_passed_over_where_dates_are_looked_at(importer):
    listed = "Nachname;E-Mail;Geburtstag\r\n" + "Maier;;\r\n" * 200 + "nur Text\r\n"

    importer.upload(listed + "Gut;a@example.de;03/24/1980\r\n", start=True)
    importer.run()

    assert customers(importer)["Gut"]["birthday"] == "1980-03-24"


def test_cells_of_a_file_of_ours_come_again_as_they_were(importer):
    heading = "Nachname;Notiz;Geburtstag;Gruppen;Id;Version\r\n"
    ended = importer.imported(
        heading + "Maier;''tis;gestern;Haus & Hof: A;B | VIP;;\r\n".replace("A;B", "A")
    )
    correct(importer, ended, 2, Geburtstag="1.1.1990")

    fresh = again(importer, ended)
    importer.post(fresh, "start", 202)
    importer.run()

    assert customers(importer)["Maier"]["note"] == "'tis"


def test_rows_are_brought_again_once_however_many_people_ask(importer):
    ended = importer.imported(LISTED)

    def ask(_):
        client = importer.client.application.test_client()
        client.environ_base.update(importer.client.environ_base)
        return client.post(f"/api/v1/imports/{ended['id']}/again").status_code

    with ThreadPoolExecutor(4) as people:
        answers = sorted(people.map(ask, range(4)))

    assert answers == [201, 409, 409, 409]
    assert importer.client.get("/api/v1/imports").json["total"] == 2


def test_refused_rows_of_a_cancelled_import_are_brought_again_too(importer, background):
    importer.services.delay_s = 0.1
    torn = "Falsch;Eva;eva@example.de;morgen;\r\n"
    found = importer.upload(HEADING + torn + "Rest;;;;\r\n" * 400, start=True)
    background()
    while importer.get(found["id"])["progress"]["rows_done"] < 20:
        time.sleep(0.02)
    importer.post(found, "cancel", 202)
    ended = importer.wait_for(found["id"], "cancelled")
    correct(importer, ended, 2, Geburtstag="1.1.1990")

    fresh = again(importer, ended)

    assert (fresh["progress"]["rows_total"], fresh["state"]) == (1, "ready")
    refused = importer.post(ended, "start", 409)
    assert fresh["id"] in refused["detail"]
    importer.post(fresh, "start", 202)
    importer.wait_for(fresh["id"], "finished")
    assert customers(importer)["Falsch"]["birthday"] == "1990-01-01"


def test_after_that_the_rows_are_corrected_in_the_new_import_only(importer):
    ended = importer.imported(LISTED)
    fresh = again(importer, ended)

    refused = correct(importer, ended, 4, expected=409, Geburtstag="1.1.1990")

    assert fresh["id"] in refused["detail"]


def test_an_import_without_refused_rows_is_not_brought_again(importer):
    ended = importer.imported(HEADING + "Müller;Anna;anna@example.de;;\r\n")

    again(importer, ended, 409)


def test_another_way_of_reading_the_file_drops_the_corrections_of_its_rows(importer):
    found = importer.upload(LISTED)
    correct(importer, found, 4, Geburtstag="24.12.1975")

    same = importer.change(importer.get(found["id"]), delimiter=";", encoding="cp1252")
    assert rows(importer, same)["items"][2]["corrected"] != {}
    importer.change(same, delimiter=",")
    back = importer.change(importer.get(found["id"]), delimiter=";")

    assert rows(importer, back)["items"][2]["corrected"] == {}


def test_corrections_go_with_the_person_and_with_the_file(importer):
    ended = importer.imported(LISTED + "Neu;Dora;dora@example.de;morgen;\r\n")
    correct(importer, ended, 4, E_Mail="anna@example.de")
    correct(importer, ended, 5, Geburtstag="1.1.1990")

    erase(importer, id_of(importer, "Müller"))

    with importer.database.reading() as session:
        assert session.scalars(select(Correction)).all() == []
    assert [problem["row"] for problem in importer.problems(ended)] == [3, 5]


def test_corrections_expire_with_the_file(importer):
    found = importer.upload(LISTED)
    correct(importer, found, 4, Geburtstag="24.12.1975")
    expiry = Expiry(importer.client.application.extensions["settings"], importer.database)

    expiry.step(utcnow() + timedelta(days=400))

    with importer.database.reading() as session:
        assert session.scalars(select(Correction)).all() == []
        assert session.get_one(Import, session.scalar(select(Import.id))).file_deleted_at


def test_a_person_is_told_what_was_corrected_in_their_row(importer, client_for):
    found = importer.upload(LISTED)
    correct(importer, found, 2, Vorname="Anne")
    importer.post(found, "start", 202)
    importer.run()

    anna = id_of(importer, "Müller")
    known = client_for("importer").get(f"/api/v1/importer/data/{anna}").json["imports"]

    assert known[0]["rows"][0]["cells"][1] == "Anna"
    assert known[0]["rows"][0]["corrections"] == {"Vorname": "Anne"}
