"""kill -9 while a file is written for export, an import is taken back, or refused rows are brought again."""

import io
import random
import zipfile
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import text

from bench.embedded import EmbeddedProcess
from shared.db import Database
from tests.faults.journey import HELD, let_leases_run_out
from tests.servers.processes import own_directory, wait_until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
]

MANY = 6_000
"""More than are read at once for an export, and more than one part of a file."""
SMALL_STEPS = {"IMPORT_CHUNK_ROWS": "10"}
IMPORTS, EXPORTS, CUSTOMERS = "/api/v1/imports", "/api/v1/exports", "/api/v1/customers"
ROLE = "importer-worker"


class OneProcess:
    def __init__(self, directory, smtp_url):
        self._directory = directory
        self._process = EmbeddedProcess(directory, smtp_url)
        self.api = self._process.client()

    def database(self, service):
        return Database(f"sqlite:///{self._directory / 'data' / service}.sqlite3")

    def dying_at(self, point):
        self._process.restart(CRASH_AT=point, **SMALL_STEPS)

    def gone(self):
        wait_until(lambda: not self._process.process.running(), "the crash", within=120)

    def again(self):
        self._process.start(**SMALL_STEPS)

    def end(self):
        self._process.process.kill()


class ManyProcesses:
    def __init__(self, installation):
        self._installation = installation
        self.api = installation.client("admin")
        self.database = installation.database
        self._restart(IMPORT_CHUNK_ROWS="1000")

    def dying_at(self, point):
        self._restart(CRASH_AT=point, **SMALL_STEPS)

    def gone(self):
        self._installation.wait_for_end(ROLE, within=120)

    def again(self):
        self._installation.start(ROLE, **SMALL_STEPS)

    def end(self):
        self._restart()

    def _restart(self, **environment):
        if self._installation.running(ROLE):
            self._installation.stop(ROLE)
        self._installation.start(ROLE, **environment)


@pytest.fixture(scope="module", params=["embedded", "servers"])
def place(request, sink):
    if request.param == "embedded":
        with own_directory("embedded") as directory:
            place = OneProcess(directory, sink.url)
            many_customers(place)
            yield place
            place.end()
    else:
        place = ManyProcesses(request.getfixturevalue("installation"))
        many_customers(place)
        yield place
        place.end()


def many_customers(place):
    chance = random.Random(7)
    rows = [
        f"Ö{i};viele.{i}@example.com;{chance.randbytes(300).hex()};Alle/Gruppe {i % 9}"
        for i in range(MANY)
    ]
    address = uploaded(place, ["Nachname;E-Mail;Notiz;Gruppen", *rows])
    start(place, address)
    assert ended(place, address)["progress"]["created"] == MANY


def uploaded(place, lines):
    file = ("kunden.csv", "\r\n".join([*lines, ""]).encode())
    made = place.api.post(
        IMPORTS, files={"file": file}, data={"options": '{"start_sequences": "no"}'}
    )
    assert made.status_code == 201, made.text
    return f"{IMPORTS}/{made.json()['id']}"


def start(place, address):
    assert place.api.post(f"{address}/start").status_code == 202


def ended(place, address):
    def under_way():
        return place.api.get(address).json()["state"] in ("waiting", "running", "undoing")

    wait_until(lambda: not under_way(), f"the end of {address}", within=120)
    return place.api.get(address).json()


def killed_once(place, ledger):
    """The fault has happened: the process is dead. What it had in hand may be taken up."""
    place.gone()
    ledger.kills += 1
    let_leases_run_out(place.database, *HELD)


def ordered(place, format_):
    made = place.api.post(EXPORTS, json={"format": format_})
    assert made.status_code == 202, made.text
    return f"{EXPORTS}/{made.json()['id']}"


def content(place, address):
    """The bytes of the file; of a workbook those of its sheet, as it also says when it was made."""
    done = ended(place, address)
    assert done["state"] == "finished", done
    file = place.api.get(f"{address}/file").content
    assert done["size"] == len(file)
    if done["format"] == "csv":
        return file
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        return book.read("xl/worksheets/sheet1.xml")


def kept(place, address):
    """How many bytes there are of an export's file, and how much of it was written down."""
    with place.database("importer").reading() as session:
        return dict(
            session.execute(
                text(
                    "SELECT p.part, length(p.data) FROM export_parts p JOIN exports e"
                    " ON e.id = p.export_id WHERE e.created_at ="
                    " (SELECT max(created_at) FROM exports)"
                )
            ).all()
        )


@pytest.mark.parametrize(
    ("point", "format_", "begun"),
    [
        pytest.param("importer.export_begun", "csv", False, marks=pytest.mark.long),
        pytest.param("importer.export_begun", "xlsx", False, marks=pytest.mark.long),
        pytest.param("importer.export_saved", "csv", True),
        pytest.param("importer.export_saved", "xlsx", True, marks=pytest.mark.long),
    ],
)
def test_an_export_that_was_killed_is_the_same_file(place, ledger, point, format_, begun):
    ledger.fault = "kill -9 of an export"
    undisturbed = content(place, ordered(place, format_))
    place.dying_at(point)
    address = ordered(place, format_)
    killed_once(place, ledger)
    assert bool(kept(place, address)) == begun

    place.again()

    assert content(place, address) == undisturbed
    assert sum(kept(place, address).values()) == place.api.get(address).json()["size"]
    ledger.attempted, ledger.effects = 1, 1


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("importer.undone_groups:2", marks=pytest.mark.long),
        "importer.undone_customers:2",
        pytest.param("importer.undone_customers:5", marks=pytest.mark.long),
    ],
)
def test_an_undoing_that_was_killed_takes_all_back_once(place, ledger, point):
    ledger.fault = "kill -9 of undoing an import"
    tag = uuid4().hex[:8]
    heading = "Nachname;E-Mail;Ort;Gruppen"
    there = uploaded(
        place, [heading, *(f"Da;{tag}.{i}@example.com;Ulm;{tag} A" for i in range(30))]
    )
    start(place, there)
    ended(place, there)
    rows = [f"Neu;{tag}.{i}@example.com;Bonn;{tag} B" for i in range(60)]
    address = uploaded(place, [heading, *rows])
    start(place, address)
    ended(place, address)
    before = people(place, tag)
    assert Counter(one["city"] for one in before) == {"Bonn": 60}
    place.dying_at(point)

    place.api.post(f"{address}/undo")
    killed_once(place, ledger)
    place.again()
    undone = ended(place, address)

    assert undone["state"] == "undone", undone
    assert undone["undo"] == {**undone["undo"], "removed": 30, "restored": 30, "kept": 0}
    after = people(place, tag)
    assert [(one["last_name"], one["city"]) for one in after] == [("Da", "Ulm")] * 30
    assert groups(place, tag) == {f"{tag} A": 30}
    ledger.attempted, ledger.effects = 60, 60


@pytest.mark.long
@pytest.mark.parametrize(
    "point",
    [
        "importer.after_customers:2",
        "importer.before_progress:2",
        "importer.after_progress:2",
    ],
)
def test_corrected_rows_come_once_though_the_import_of_them_was_killed(place, ledger, point):
    ledger.fault = "kill -9 of corrected rows"
    tag = uuid4().hex[:8]
    address = refused(place, tag, 30)
    for line in range(2, 32):
        correct(place, address, line, f"{tag}.{line}@example.com")
    made = place.api.post(f"{address}/again").json()
    place.dying_at(point)

    second = f"{IMPORTS}/{made['id']}"
    start(place, second)
    killed_once(place, ledger)
    place.again()

    progress = ended(place, second)["progress"]
    assert (progress["created"], progress["failed"]) == (30, 0)
    emails = sorted(one["email"] for one in people(place, tag))
    assert emails == sorted(f"{tag}.{line}@example.com" for line in range(2, 32))
    ledger.attempted, ledger.effects = 30, 30


def refused(place, tag, count):
    """An import all of whose rows were refused."""
    rows = [f"Falsch;{tag} kaputt {i}" for i in range(count)]
    address = uploaded(place, ["Nachname;E-Mail", *rows])
    start(place, address)
    assert ended(place, address)["progress"]["failed"] == count
    return address


def correct(place, address, line, email):
    row = f"{address}/rows/{line}"
    etag = place.api.get(row).headers["ETag"]
    cells = {"cells": {"E-Mail": email}}
    changed = place.api.patch(row, json=cells, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text


def people(place, tag):
    found = place.api.get(CUSTOMERS, params={"q": tag, "active": "all", "limit": "500"}).json()
    return found["items"]


def groups(place, tag):
    """How many are in each of the groups that are called so."""
    found = place.api.get("/api/v1/groups", params={"limit": "500"}).json()["items"]
    return {
        one["path"]: len(
            place.api.get(f"/api/v1/groups/{one['id']}/members", params={"limit": "500"}).json()[
                "items"
            ]
        )
        for one in found
        if one["path"].startswith(tag)
    }
