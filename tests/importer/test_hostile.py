"""No file from outside brings a 5xx, a hang, unbounded memory, or a row that nobody hears of."""

from __future__ import annotations

import resource
import time

import pytest

from tests.importer.books import xlsx
from tests.importer.hostile import Hostile, files
from tests.importer.hostile_sheets import sheets

FILES = [*files(), *sheets()]

WORST = {
    "noise", "quotes never closed", "escape codes", "lone surrogate in utf-16", "zip bomb",
    "a long text 60,000 times", "cells at both ends of the sheet", "text number out of range",
}  # fmt: skip


@pytest.fixture
def importer(one_importer):
    one_importer.services.customers.clear()
    return one_importer


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_hostile_file_has_its_outcome(importer, file: Hostile):
    imports = importer.client.get("/api/v1/imports").json["total"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    if isinstance(file.outcome, str):
        answer = importer.sent(file.content, start=True)
        assert answer.status_code in (413, 415, 422), answer.text
        detail = answer.json["detail"]
        assert len(detail) > 20
        assert file.outcome.partition(": ")[2] in detail
        assert importer.client.get("/api/v1/imports").json["total"] == imports
    else:
        ended = importer.imported(file.content)
        progress = ended["progress"]
        assert ended["state"] == "finished", ended["failure"]
        assert file.outcome(progress), progress
        assert (
            progress["rows_done"]
            == progress["rows_total"]
            == sum(
                progress[name]
                for name in ("created", "updated", "unchanged", "failed", "conflicts")
            )
        )
        bad = {problem["row"] for problem in importer.problems(ended) if problem["refused"]}
        assert len(bad) == min(progress["failed"] + progress["conflicts"], 500)
        importer.error_file(ended).decode()
    assert time.monotonic() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000  # kB


def test_the_worker_and_the_door_go_on_after_the_worst(importer):
    assert len(FILES) > 120
    for file in FILES:
        if file.name in WORST:
            importer.sent(file.content, start=True)
    importer.run()

    assert importer.imported("Nachname;Firma\r\nNach allem;\r\n")["progress"]["created"] == 1
    assert importer.imported(xlsx([["Nachname"], ["Danach"]]))["progress"]["created"] == 1
