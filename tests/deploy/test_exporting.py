"""A file of customers from the command line: whole, or not there at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.exporting import asked_for, export_through
from deploy.importing import Refused

DEFAULTS: dict[str, Any] = {
    "format_": None, "selection": None, "active": None, "columns": (), "sort": "name",
    "dialect": "rfc4180",
}  # fmt: skip


@pytest.fixture
def at_work(system) -> Iterator[Callable[[], None]]:
    """Workers that write what is ordered, until the test ends."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            system.run_jobs()

    thread = threading.Thread(target=work)
    yield thread.start
    stop.set()
    if thread.is_alive():
        thread.join(20)


def exported(system, file: Path, **options: Any) -> Any:
    asked = asked_for(system.http, file, **{**DEFAULTS, **options})
    return export_through(system.http, file, asked, Console(quiet=True))


def test_a_selection_becomes_a_file_of_the_kind_that_its_ending_says(system, at_work, tmp_path):
    for name in ("Meier", "Müller"):
        system.http.post("/api/v1/customers", json={"last_name": name})
    system.drain()
    filter_ = {"field": "last_name", "op": "eq", "value": "Müller"}
    system.http.post("/api/v1/selections", json={"name": "Alle Müller", "filter": filter_})
    at_work()

    some = exported(system, tmp_path / "some.csv", selection="alle müller", columns=["Nachname"])
    everybody = exported(system, tmp_path / "all.xlsx")

    assert (tmp_path / "some.csv").read_text() == '"Nachname"\n"Müller"\n'
    assert (tmp_path / "all.xlsx").read_bytes()[:2] == b"PK"
    assert (some["rows_done"], everybody["rows_done"]) == (1, 2)


def test_what_cannot_be_exported_leaves_the_old_file_alone(system, at_work, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "kunden.csv"
    file.write_text("old")
    at_work()

    with pytest.raises(Refused, match="no selection 'Nobody'"):
        exported(system, file, selection="Nobody")
    with pytest.raises(Refused, match="Lieblingsfarbe"):
        exported(system, file, columns=["Lieblingsfarbe"])
    with pytest.raises(Refused, match="--format"):
        exported(system, folder / "kunden.doc")

    assert [path.name for path in folder.iterdir()] == ["kunden.csv"]
    assert file.read_text() == "old"


def test_where_nothing_can_be_written_nothing_is_ordered(system, tmp_path):
    with pytest.raises(Refused, match=r"to the folder .*nowhere"):
        exported(system, tmp_path / "nowhere" / "kunden.csv")

    assert system.http.get("/api/v1/exports").json()["total"] == 0


def test_a_file_that_cannot_take_its_place_says_why(system, at_work, tmp_path):
    taken = tmp_path / "folder" / "kunden.csv"
    taken.mkdir(parents=True)
    at_work()

    with pytest.raises(Refused, match=r"kunden\.csv cannot be written: Is a directory"):
        exported(system, taken)

    assert list(taken.parent.iterdir()) == [taken]
