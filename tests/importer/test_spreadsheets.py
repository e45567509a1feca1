# ruff: noqa: DTZ001 (a spreadsheet knows no time zones)
"""XLSX, XLS and ODS come in like CSV: understood, shown, corrected, and each cell what it was."""

from __future__ import annotations

import io
import os
import signal
import time as time_
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import httpx
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from shared.testing import app_for, client_of
from tests.importer.books import (
    ods_parts,
    ods_row,
    ods_table,
    saved,
    sheet_xml,
    xls,
    xlsx,
    xlsx_parts,
    zipped,
)

HEADINGS = ["Nachname", "E-Mail", "Ort"]
PEOPLE = [["Müller", "mueller@example.com", "Köln"], ["Weiß", "weiss@example.com", "Öd"]]


@pytest.fixture
def importer(one_importer):
    one_importer.services.customers.clear()
    return one_importer


def ods(*rows: list[str]) -> bytes:
    return zipped(ods_parts(ods_table(*(ods_row(*row) for row in rows))))


def names(importer) -> set[str]:
    return {one["last_name"] for one in importer.services.customers.values()}


def samples(found) -> dict[str, str]:
    return {column["name"]: column["samples"][:1] for column in found["detected"]["columns"]}


def cells(importer, *rows, **changes) -> list[str]:
    """What becomes of the values of a column."""
    content = xlsx([["Nachname", "Wert"], *(["A", value] for value in rows)])
    return importer.upload(content, **changes)["detected"]["columns"][1]["samples"]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize("filename", ["kunden.{kind}", "kunden.csv", "kunden.xls", "kunden"])
def test_a_spreadsheet_comes_in_whatever_it_is_called(importer, kind, filename):
    rows = [HEADINGS, *PEOPLE]
    content = {"xlsx": xlsx, "xls": xls, "ods": lambda rows: ods(*rows)}[kind](rows)

    ended = importer.imported(content, filename=filename.format(kind=kind))

    detected = ended["detected"]
    assert (detected["format"], detected["encoding"], detected["delimiter"]) == (kind, None, None)
    assert ended["progress"]["created"] == 2
    assert names(importer) == {"Müller", "Weiß"}


def test_a_text_file_called_xlsx_is_read_as_what_it_is(importer):
    ended = importer.imported("Nachname;Ort\r\nMeier;Bonn\r\n", filename="kunden.xlsx")

    assert ended["detected"]["format"] == "csv"
    assert ended["progress"]["created"] == 1


def test_a_problem_names_the_row_of_the_sheet(importer):
    content = xlsx([["Liste"], [], HEADINGS, [], PEOPLE[0], [], ["Schlecht", "kein-at", ""]])

    ended = importer.imported(content, filename="kunden.xlsx")

    assert ended["detected"]["heading_line"] == 3
    assert ended["progress"]["created"] == 1
    [problem] = importer.problems(ended)
    assert (problem["row"], problem["column"], problem["value"]) == (7, "E-Mail", "kein-at")


def test_the_sheet_is_the_first_one_to_be_seen_and_can_be_chosen(importer):
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx([], Alt=[["Nachname"], ["Alt"]], Neu=[["Nachname"], ["Neu"], ["Auch"]]))
    )
    book["Alt"].sheet_state = "hidden"

    found = importer.upload(saved(book))

    detected = found["detected"]
    assert detected["sheet"] == "Neu"
    assert detected["sheets"] == [
        {"name": "Sheet", "hidden": False, "rows": None},
        {"name": "Alt", "hidden": True, "rows": None},
        {"name": "Neu", "hidden": False, "rows": 3},
    ]
    changed = importer.change(found, sheet="Alt")
    assert (changed["detected"]["sheet"], changed["detected"]["rows"]) == ("Alt", 1)
    importer.post(changed, "start", 202)
    importer.run()
    assert names(importer) == {"Alt"}


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(importer):
    content = xlsx([["Nachname"], ["A"]], **{"Tür & <Tor>": [["Nachname"], ["B"]]})

    problem = importer.upload(content, expected=422, sheet="Kunden", language="de")
    assert "'Kunden'" in problem["detail"]
    assert "'Sheet', 'Tür & <Tor>'" in problem["detail"]

    found = importer.upload(content, sheet="Tür & <Tor>")
    assert samples(found) == {"Nachname": ["B"]}
    importer.change(found, expected=422, sheet="Weg")
    assert importer.get(found["id"])["detected"]["sheet"] == "Tür & <Tor>"


def test_a_text_file_has_no_sheets(importer):
    importer.upload("Nachname\r\nMeier\r\n", expected=422, sheet="Kunden")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("007", "007"),
        ("+49 171 1234567", "+49 171 1234567"),
        (49171123456, "49171123456"),
        (4012345678901, "4012345678901"),
        (-3, "-3"),
        (1234.5, "1234.5"),
        (1.234, "1.2340"),
        (0.1 + 0.2, "0.3"),
        (0.0000123, "0.0000123"),
        (1e20, "100000000000000000000"),
        (True, "ja"),
        (False, "nein"),
        (date(2026, 4, 3), "2026-04-03"),
        (datetime(2026, 4, 3, 18, 30, tzinfo=None), "2026-04-03 18:30:00"),
        (datetime(2026, 4, 3, 18, 29, 59, 999_900), "2026-04-03 18:30:00"),
        # What some programs write for "for ever": there is no second after it.
        (datetime(9999, 12, 31, 23, 59, 59, 991_000), "9999-12-31 23:59:59"),
        (date(1900, 3, 1), "1900-03-01"),
        (time(18, 30), "18:30"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
    ],
)
def test_a_cell_is_the_text_that_everybody_reads_as_its_value(importer, value, shown):
    assert cells(importer, value) == [shown]


def test_day_and_month_of_a_real_date_are_never_guessed(importer):
    """Also where the texts around it have the month first."""
    importer.imported(
        xlsx(
            [
                ["Nachname", "Geburtstag"],
                ["A", date(1974, 3, 4)],
                ["B", "12/24/1990"],
                ["C", "12/25/1990"],
            ]
        )
    )

    found = {c["last_name"]: c["birthday"] for c in importer.services.customers.values()}
    assert found == {"A": "1974-03-04", "B": "1990-12-24", "C": "1990-12-25"}


def test_dates_counted_from_1904_are_the_same_days(importer):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["Nachname", "Geburtstag"])
    book.active.append(["Meier", date(1974, 3, 4)])

    importer.imported(saved(book))

    [customer] = importer.services.customers.values()
    assert customer["birthday"] == "1974-03-04"


def test_a_formula_counts_by_its_result_and_errors_are_no_empty_cells(importer):
    sheet = (
        sheet_xml(["Nachname", "Ort"]).replace(
            "</sheetData>",
            '<row r="2"><c r="A2" t="str"><f>"Me"&amp;"ier"</f><v>Meier</v></c></row>'
            '<row r="3"><c r="A3" t="e"><f>NA()</f><v>#N/A</v></c></row>'
            '<row r="4"><c r="A4"/><c r="B4"><f>1+1</f></c></row>'
            '<row r="5"><c r="A5" t="str"><f>""</f><v></v></c><c r="B5"><f>1</f><v>1</v></c></row>'
            "</sheetData>",
        )
    )  # fmt: skip

    found = importer.upload(zipped(xlsx_parts(sheet)))

    assert found["detected"]["columns"][0]["samples"] == ["Meier", "#N/A"]
    assert found["detected"]["columns"][1]["samples"] == ["#FORMULA!", "1"]
    importer.post(found, "start", 202)
    importer.run()
    assert names(importer) == {"Meier"}
    problems = importer.problems(found, language="de")
    assert [(one["row"], one["column"], one["value"]) for one in problems[:2]] == [
        (3, "Nachname", "#N/A"),
        (4, "Ort", "#FORMULA!"),
    ]
    assert "Formel" in problems[1]["reason"]


def test_an_error_in_a_column_that_nobody_imports_stops_nobody(importer):
    ended = importer.imported("Nachname;Umsatzprognose\r\nMeier;#NV\r\n#BEZUG!;1\r\n####;2\r\n")

    assert (ended["progress"]["created"], ended["progress"]["failed"]) == (1, 2)


def test_merged_cells_count_for_the_first_of_them(importer):
    book = openpyxl.Workbook()
    for row in (["Kundenliste", None, None], HEADINGS, PEOPLE[0], ["Weiß", None, "Öd"]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.active.merge_cells("A4:B4")

    ended = importer.imported(saved(book))

    assert ended["detected"]["heading_line"] == 2
    assert names(importer) == {"Müller", "Weiß"}


def test_what_stands_beside_the_table_is_shown_as_a_column_of_its_own(importer):
    content = xlsx([HEADINGS, PEOPLE[0], [*PEOPLE[1], None, "Anmerkung"]])

    found = importer.upload(content)

    assert found["detected"]["columns"][4] == {
        "name": "Spalte 5", "samples": ["Anmerkung"], "target": None, "date_order": None,
    }  # fmt: skip
    importer.post(found, "start", 202)
    importer.run()
    assert importer.get(found["id"])["progress"]["created"] == 2


def test_a_text_that_looks_like_a_formula_stays_a_text(importer):
    content = zipped(xlsx_parts(sheet_xml(["Nachname", "Notiz"], ["=1+1", "_x000D_\ndanach"])))

    importer.imported(content)

    [customer] = importer.services.customers.values()
    assert (customer["last_name"], customer["note"]) == ("=1+1", "danach")


def test_line_breaks_in_cells_are_kept(importer):
    importer.imported(xlsx([["Nachname", "Notiz"], ["Meier", "eins\r\nzwei\ndrei"]]))

    [customer] = importer.services.customers.values()
    assert customer["note"] == "eins\nzwei\ndrei"


def test_the_heading_can_be_chosen(importer):
    content = xlsx([["Nachname", "Ort"], ["Name", "Wohnort"], ["Meier", "Bonn"]])

    found = importer.upload(content, heading_line=2)
    assert [c["name"] for c in found["detected"]["columns"]] == ["Name", "Wohnort"]

    found = importer.change(found, heading_line=0)
    assert [c["name"] for c in found["detected"]["columns"]] == ["Spalte 1", "Spalte 2"]
    assert (found["detected"]["heading_line"], found["detected"]["rows"]) == (None, 3)

    found = importer.change(found, heading_line=None)
    assert (found["detected"]["heading_line"], found["detected"]["rows"]) == (1, 2)

    importer.change(found, expected=422, heading_line=17)


def test_an_import_of_a_sheet_goes_on_where_it_stopped(importer):
    content = xlsx([HEADINGS, *([f"N{n}", f"n{n}@example.com", "Bonn"] for n in range(350))])
    found = importer.upload(content, start=True)
    importer.services.before_customers = lambda: importer.post(found, "cancel", 202)
    importer.run()
    importer.services.before_customers = None
    stopped = importer.get(found["id"])
    assert stopped["state"] == "cancelled"
    assert 0 < stopped["progress"]["rows_done"] < 350

    importer.post(found, "start", 202)
    importer.run()

    assert importer.get(found["id"])["progress"]["rows_done"] == 350
    assert len(names(importer)) == 350


@pytest.fixture
def narrow(databases, tmp_path, services):
    """The door of an importer whose reader of spreadsheets gets little."""

    def make(**limits):
        transport = httpx.WSGITransport(app=services.app)
        database = databases.lend("importer", "sqlite", tmp_path)
        app = app_for("importer", database, tmp_path, transport=transport, **limits)
        client = client_of(app, ("imports:write",))

        def send(content: bytes):
            return client.post(
                "/api/v1/imports",
                data={"file": (io.BytesIO(content), "kunden.xlsx")},
                headers={"Accept-Language": "de"},
            )

        return send

    return make


def long_list(rows: int = 60_000) -> bytes:
    lines = (["Nachname", "Ort"], *([f"Name {n}", f"Ort {n}"] for n in range(rows)))
    return zipped(xlsx_parts(sheet_xml(*lines)))


@cache
def many_texts() -> bytes:
    texts = "".join(f"<si><t>{number}</t></si>" for number in range(3_000_000))
    return zipped(xlsx_parts(sheet_xml(["Nachname"], ["A"]), strings=f"<sst>{texts}</sst>"))


def test_who_needs_too_much_time_is_told_what_to_do(narrow):
    send = narrow(import_sheet_seconds=1)

    refused = send(many_texts())

    assert refused.status_code == 422
    assert "länger als 1 Sekunden" in refused.json["detail"]
    assert "CSV" in refused.json["detail"]
    assert send(xlsx([HEADINGS, PEOPLE[0]])).status_code == 201


def test_what_unpacks_to_more_than_the_setting_is_not_read(narrow):
    refused = narrow(import_unpacked_mb=1)(long_list())

    assert refused.status_code == 413
    assert "1 MiB" in refused.json["detail"]
    assert "IMPORT_UNPACKED_MB" in refused.json["detail"]


def test_what_takes_more_memory_than_the_setting_is_not_read(narrow):
    again = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 20_000))
    text = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    sheet = sheet_xml(["Nachname"]).replace("</sheetData>", again + "</sheetData>")

    refused = narrow(import_sheet_memory_mb=256)(zipped(xlsx_parts(sheet, strings=text)))

    assert refused.status_code == 413
    assert "256 MiB" in refused.json["detail"]


def test_a_reader_that_is_killed_takes_nobody_along(importer):
    """As the kernel does when memory runs out."""
    content = long_list()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(importer.sent, content)
        os.kill(_child(), signal.SIGKILL)

    assert answer.result().status_code == 413
    assert importer.imported(xlsx([HEADINGS, PEOPLE[0]]))["progress"]["created"] == 1


def _child() -> int:
    """The process that reads a spreadsheet for this one."""
    end = time_.monotonic() + 20
    while time_.monotonic() < end:
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                if b"services.importer.spreadsheets" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        time_.sleep(0.005)
    raise AssertionError("nobody reads")


def test_spreadsheets_that_come_together_are_read_one_after_the_other(importer):
    contents = [xlsx([HEADINGS, [f"Name {n}", "", ""]]) for n in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(importer.sent, contents))

    assert [answer.status_code for answer in answers] == [201] * 6


def test_the_reader_knows_no_secrets(importer, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "geheim" * 10)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(importer.sent, long_list())
        child = Path(f"/proc/{_child()}")
        environment = (child / "environ").read_bytes()
        assert answer.result().status_code == 201

    assert b"geheim" not in environment
