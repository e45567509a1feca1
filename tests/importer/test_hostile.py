"""No file from outside brings a 5xx, a hang, unbounded memory, or a row that nobody hears of."""

from __future__ import annotations

import resource
import time

import pytest

from tests.importer.hostile import Hostile, files


@pytest.fixture
def importer(one_importer):
    one_importer.services.customers.clear()
    return one_importer


@pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
def test_a_hostile_file_has_its_outcome(importer, file: Hostile):
    imports = importer.client.get("/api/v1/imports").json["total"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    if file.outcome == "refused":
        for expected in (415, 422):
            try:
                problem = importer.upload(file.content, start=True, expected=expected)
            except AssertionError:
                continue
            assert len(problem["detail"]) > 20
            break
        else:
            raise AssertionError("taken")
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


def test_a_worker_goes_on_after_the_worst(importer):
    for file in files():
        if file.name in (
            "noise",
            "quotes never closed",
            "escape codes",
            "lone surrogate in utf-16",
        ):
            importer.upload(
                file.content, start=True, expected=415 if file.outcome == "refused" else 201
            )
    importer.run()

    assert importer.imported("Nachname;Firma\r\nNach allem;\r\n")["progress"]["created"] == 1
