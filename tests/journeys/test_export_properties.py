"""Whatever customers there are: exported and imported again they stay as they are; an edit is one change."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import outbox

CHOICES = ["Strand", "=Kultur", "Aktiv; oder | nicht", "1.5"]
ATTRIBUTES: list[dict[str, Any]] = [
    {"key": "line", "type": "text", "label": {"de": "Ort"}},
    {"key": "lines", "type": "multiline", "label": {"de": '=Mehr, "alles"'}},
    {"key": "yes", "type": "yes_no", "label": {"de": "Vielflieger"}},
    {"key": "count", "type": "integer", "label": {"de": "Anzahl"}},
    {"key": "budget", "type": "decimal", "label": {"de": "PLZ"}},
    {"key": "style", "type": "choice", "label": {"de": "Reisestil"}, "choices": CHOICES},
    {"key": "day", "type": "date", "label": {"de": "Letzte Reise"}},
]  # fmt: skip

STARTS = (
    "",
    "=1+1",
    "+49 ",
    "-",
    "@",
    "'",
    "''",
    '"',
    "＝",
    "00",
    ";",
    "T",
    "_x0041_",
    "1.000",
    "NULL",
)
LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Co"))
LINE = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(STARTS),
    st.text(LETTERS | st.sampled_from("äöüß€😀;,|/'\"=\\ "), min_size=1, max_size=20),
)
LINES = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
NAME = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(("", "=", "'", "+", "A; B", "A, B", "x ::: y", "A|B", '"quoted"')),
    st.text(LETTERS | st.sampled_from("äß&;,|'"), min_size=1, max_size=10),
).filter(lambda name: "/" not in name and " | " not in name and name.strip(" |"))
PATHS = st.lists(st.lists(NAME, min_size=1, max_size=2).map("/".join), max_size=3)

PEOPLE = st.fixed_dictionaries(
    {"last_name": LINE},
    optional={
        "first_name": LINE,
        "title": LINE,
        "salutation": st.sampled_from(["Herr", "Frau", "Familie"]),
        "company": LINE,
        "email": st.sampled_from(["a@example.com", "+b@example.com", "'c@example.com"]),
        "phone": st.sampled_from(["+49 341 123", "00341123", "-0341", "(0341) 1 23"]),
        "mobile": st.sampled_from(["0171123", "+49171"]),
        "street": LINE,
        "postal_code": st.sampled_from(["04109", "00001", "1e5", "1-2"]),
        "city": LINE,
        "country": st.sampled_from(["DE", "AT", "GB"]),
        "birthday": st.dates(date(1850, 1, 1), date(2026, 1, 1)).map(str),
        "language": st.sampled_from(["de", "en"]),
        "note": LINES,
        "active": st.booleans(),
        "registered_at": st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z"),
    },
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "line": LINE,
        "lines": LINES,
        "yes": st.booleans(),
        "count": st.integers(-(2**63), 2**63 - 1),
        "budget": st.decimals(-(10**15), 10**15, places=3).map(lambda value: f"{value:f}"),
        "style": st.sampled_from(CHOICES),
        "day": st.dates().map(str),
    },
)
CUSTOMERS = st.lists(st.tuples(PEOPLE, PATHS, VALUES), min_size=1, max_size=6)
KINDS = ("excel_de", "rfc4180", "xlsx")

SETTINGS = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def agency(system):
    system.define(ATTRIBUTES)
    return system


@SETTINGS
@given(customers=CUSTOMERS, kind=st.sampled_from(KINDS))
def test_exporting_and_importing_changes_nobody(agency, customers, kind):
    write(agency, customers)
    before = exported(agency, kind)

    ended, told = imported(agency, before, kind)

    problems = agency.http.get(f"/api/v1/imports/{ended['id']}/errors").json()["items"]
    assert (ended["state"], problems) == ("finished", [])
    assert ended["progress"]["unchanged"] == ended["progress"]["rows_total"]
    assert told == []
    assert same(exported(agency, kind), before, kind)


EDITS = st.sampled_from(
    [
        ("Vorname", "first_name", "Neu"),
        ("Notiz", "note", "eine\nandere"),
        ("Geburtstag", "birthday", "24.12.1970"),
        ("PLZ", "postal_code", "00999"),
    ]
)


@SETTINGS
@given(customers=CUSTOMERS, edit=EDITS, dialect=st.sampled_from(["excel_de", "rfc4180"]))
def test_an_edited_cell_is_the_only_change(agency, customers, edit, dialect):
    column, field, value = edit
    write(agency, customers)
    table = list(csv.reader(*readable(exported(agency, dialect), dialect)))
    row = dict(zip(table[0], table[-1], strict=True))
    before = agency.http.get(f"/api/v1/customers/{row['Id']}").json()
    stored = "1970-12-24" if field == "birthday" else value
    table[-1][table[0].index(column)] = value

    ended, _ = imported(agency, written(table, dialect), dialect)

    changed = before[field] != stored
    assert ended["progress"]["updated"] == changed
    assert ended["progress"]["unchanged"] == ended["progress"]["rows_total"] - changed
    after = agency.http.get(f"/api/v1/customers/{row['Id']}").json()
    moved = {"version", "updated_at"} if changed else set()
    assert {**after, field: None} == {
        **before,
        **{name: after[name] for name in {*moved, "sources"}},
        field: None,
    }
    assert after[field] == stored


def write(system, customers: Any) -> None:
    rows = [{"ref": n, **person} for n, (person, _, _) in enumerate(customers)]
    body = {"rows": rows, "match_on": ["id"], "mode": "create"}
    results = system.http.post("/api/v1/customers/batch", json=body).json()["results"]
    written = [
        (result["id"], paths, values)
        for result, (_, paths, values) in zip(results, customers, strict=True)
        if result["status"] == "created"
    ]
    groups = [{"customer_id": id_, "groups": paths} for id_, paths, _ in written]
    answer = system.http.post(
        "/api/v1/memberships/batch", json={"rows": groups, "create_missing": True}
    )
    assert answer.status_code == 200, answer.text
    rows = [{"customer_id": id_, "values": values} for id_, _, values in written]
    answer = system.http.post("/api/v1/attribute-values/batch", json={"rows": rows})
    assert answer.status_code == 200, answer.text
    system.drain()


def exported(system, kind: str) -> bytes:
    asked = {"format": "xlsx"} if kind == "xlsx" else {"format": "csv", "dialect": kind}
    ordered = system.http.post("/api/v1/exports", json=asked)
    system.run_jobs()
    file = system.http.get(f"{ordered.headers['Location']}/file")
    assert file.status_code == 200, file.text
    return file.content


def imported(system, content: bytes, kind: str) -> tuple[Any, list[str]]:
    """Import the file. Returns the import, and what customers and groups told of it."""
    arrived = system.http.post(
        "/api/v1/imports?start=true",
        files={"file": ("kunden.xlsx" if kind == "xlsx" else "kunden.csv", content)},
        data={"options": json.dumps({})},
    )
    assert arrived.status_code == 201, arrived.text
    system.run_jobs()
    told = []
    for service in ("customers", "groups"):
        with system.database_for(service).reading() as session:
            told += [message.name for message in outbox.waiting(session)]
    system.drain()
    return system.http.get(f"/api/v1/imports/{arrived.json()['id']}").json(), told


def same(one: bytes, other: bytes, kind: str) -> bool:
    return cells_of(one) == cells_of(other) if kind == "xlsx" else one == other


def cells_of(content: bytes) -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[(cell.value, cell.number_format) for cell in row] for row in book.active.iter_rows()]


def readable(content: bytes, dialect: str) -> Any:
    return io.StringIO(content.decode("utf-8-sig"), newline=""), DIALECTS[dialect]


def written(table: list[list[str]], dialect: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, DIALECTS[dialect]).writerows(table)
    return text.getvalue().encode("utf-8-sig" if dialect == "excel_de" else "utf-8")


class German(csv.excel):
    delimiter = ";"


DIALECTS = {"excel_de": German, "rfc4180": csv.excel}
