"""What was understood of a file is shown and can be corrected: a correction looks at the file anew."""

from __future__ import annotations

import pytest

from tests.importer.books import xlsx


@pytest.fixture
def importer(one_importer):
    one_importer.services.customers.clear()
    return one_importer


def columns(found) -> list[str]:
    return [column["name"] for column in found["detected"]["columns"]]


def orders(found) -> dict[str, str | None]:
    return {column["name"]: column["date_order"] for column in found["detected"]["columns"]}


def test_the_heading_of_a_text_file_can_be_chosen(importer):
    content = "Liste vom 1.1.\r\nWer;Wohin\r\nNachname;Stadt\r\nMeier;Bonn\r\n"
    found = importer.upload(content)
    assert (columns(found), found["detected"]["heading_line"]) == (["Nachname", "Stadt"], 3)

    found = importer.change(found, heading_line=2)
    assert (columns(found), found["detected"]["rows"]) == (["Wer", "Wohin"], 2)

    found = importer.change(found, heading_line=0)
    assert (columns(found), found["detected"]["rows"]) == (["Spalte 1", "Spalte 2"], 4)
    assert (found["state"], found["detected"]["heading_line"]) == ("uploaded", None)

    found = importer.change(found, heading_line=0, mapping={"Spalte 1": "last_name"})
    assert found["state"] == "ready"
    importer.post(found, "start", 202)
    importer.run()
    assert (
        importer.get(found["id"])["progress"]["created"] == 4
    )  # the title has no delimiter: one cell


def test_a_line_without_a_row_cannot_be_the_heading(importer):
    found = importer.upload("Nachname;Ort\r\n\r\nMeier;Bonn\r\n")

    refused = importer.change(found, expected=422, heading_line=2)
    assert "line 2" in refused["detail"]
    assert importer.upload("Nachname\r\nA\r\n", expected=422, heading_line=99)


def test_what_was_chosen_by_hand_stays_when_something_else_is_changed(importer):
    found = importer.upload(
        "Titel|x\r\nNachname|Ort\r\nMüller|Köln\r\n".encode("mac_roman"), heading_line=1
    )

    found = importer.change(found, delimiter="|", encoding="mac_roman")
    assert columns(found) == ["Titel", "x"]
    assert found["options"]["heading_line"] == 1

    found = importer.change(found, heading_line=None)
    assert (columns(found), found["options"]["encoding"]) == (["Nachname", "Ort"], "mac_roman")

    found = importer.change(found, encoding=None, delimiter=None)
    assert found["detected"]["encoding"] == found["options"]["encoding"] == "mac_roman"


def test_a_chosen_mapping_outlives_a_change_that_leaves_the_columns_alone(importer):
    found = importer.upload("Wer;Wo\r\nMeier;Bonn\r\n", mapping={"Wer": "company"})

    found = importer.change(found, encoding="iso-8859-15")

    assert found["options"]["mapping"] == {"Wer": "company", "Wo": None}


def test_encoding_and_delimiter_mean_nothing_to_a_spreadsheet(importer):
    found = importer.upload(xlsx([["Nachname"], ["Müller"]]), encoding="utf-16", delimiter="|")
    assert (found["options"]["encoding"], found["options"]["delimiter"]) == (None, None)

    found = importer.change(found, encoding="cp850", delimiter=",")
    assert found["detected"]["columns"][0]["samples"] == ["Müller"]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["24.12.1990", "3.4.1991"], "day_first"),
        (["12/24/1990", "3/4/1991"], "month_first"),
        (["33231", "33300"], "day_number"),
        (["1990-12-24"], "day_first"),
        ([""], "day_first"),
    ],
)
def test_the_order_of_dates_is_shown_before_anything_is_written(importer, dates, order):
    rows = "".join(f"A;{day};{day};x\r\n" for day in dates)
    found = importer.upload("Nachname;Geburtstag;Letzte Reise;Irgendwas\r\n" + rows)

    assert orders(found) == {
        "Nachname": None, "Geburtstag": order, "Letzte Reise": order, "Irgendwas": None,
    }  # fmt: skip


def test_an_order_of_dates_that_was_chosen_is_shown(importer):
    found = importer.upload("Nachname;Irgendwas\r\nA;12/24/1990\r\n")
    assert orders(found) == {"Nachname": None, "Irgendwas": None}

    found = importer.change(found, mapping={"Irgendwas": "birthday"})
    assert orders(found)["Irgendwas"] == "month_first"

    found = importer.change(found, date_order="day_first")
    assert orders(found)["Irgendwas"] == "day_first"
