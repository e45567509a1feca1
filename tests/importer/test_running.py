"""An import ends with every row written once, whatever happens to its worker or to the services."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from werkzeug.serving import make_server

from services.importer.models import Import
from shared import outbox
from shared.db import utcnow
from shared.testing import SECRET
from tests.structure import ROOT

ROWS = 95
POINTS = (
    "importer.after_customers:1",
    "importer.after_memberships:2",
    "importer.before_progress:5",
    "importer.after_progress:3",
)


def nameless_list(rows: int = ROWS) -> str:
    """Customers that nothing but their row tells apart: no e-mail, no number, many of one name."""
    lines = [f"Meier;Ort {n % 7};Gruppe {n % 3};{n},5" for n in range(rows)]
    lines[17] = "Kaputt;Ort;Gruppe 1;viel"
    return "\r\n".join(["Nachname;Ort;Gruppen;Reisebudget", *lines, ""])


def assert_every_row_once(importer, ended) -> None:
    services = importer.services
    assert ended["state"] == "finished", ended
    assert ended["progress"]["rows_done"] == ROWS
    assert ended["progress"]["created"] == ROWS - 1
    assert ended["progress"]["failed"] == 1
    assert len(services.customers) == len(services.members) == len(services.values) == ROWS - 1
    assert [problem["row"] for problem in importer.problems(ended)] == [19]
    with importer.database.reading() as session:
        assert len(outbox.waiting(session)) == 1


def let_the_lease_run_out(importer) -> None:
    """As if a minute had passed since the worker died."""
    with importer.database.transaction() as session:
        session.execute(update(Import).values(lease_until=utcnow() - timedelta(seconds=1)))


@pytest.fixture
def worker_process(importer, tmp_path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a worker beside the stand-in services, all of them processes or servers of their own."""
    server = make_server("127.0.0.1", 0, importer.services.app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    url = f"http://127.0.0.1:{server.port}"
    started: list[subprocess.Popen[bytes]] = []

    def start(crash_at: str = "") -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATABASE_URL": importer.database.url,
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": SECRET,
            "CUSTOMERS_URL": url,
            "GROUPS_URL": url,
            "IMPORT_CHUNK_ROWS": "10",
            "CRASH_AT": crash_at,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.importer.worker_process"], cwd=ROOT, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(20)
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_costs_nothing_and_doubles_nobody(importer, worker_process, point):
    arrived = importer.upload(nameless_list(), start=True)

    assert worker_process(point).wait(120) == -signal.SIGKILL
    left = importer.get(arrived["id"])
    assert left["state"] == "running"
    assert left["progress"]["rows_done"] < ROWS
    let_the_lease_run_out(importer)
    importer.run()

    assert_every_row_once(importer, importer.get(arrived["id"]))


def test_nobody_is_doubled_even_when_the_services_have_forgotten_the_keys(importer, worker_process):
    arrived = importer.upload(nameless_list(), start=True)
    assert worker_process("importer.after_customers:2").wait(120) == -signal.SIGKILL
    importer.services.forget_answers()
    let_the_lease_run_out(importer)
    importer.run()

    assert importer.get(arrived["id"])["progress"]["rows_done"] == ROWS
    assert len(importer.services.customers) == ROWS - 1


def test_a_worker_that_is_told_to_end_hands_over_at_once(importer, worker_process):
    importer.services.delay_s = 0.1
    arrived = importer.upload(nameless_list(), start=True)
    process = worker_process()
    while importer.get(arrived["id"])["progress"]["rows_done"] < 20:
        time.sleep(0.02)
    process.terminate()

    assert process.wait(20) == 0
    assert 20 <= importer.get(arrived["id"])["progress"]["rows_done"] < ROWS
    importer.services.delay_s = 0.0
    importer.run()  # no lease to wait for

    assert_every_row_once(importer, importer.get(arrived["id"]))


def test_two_workers_share_the_imports_and_never_one_import(importer, worker_process):
    importer.services.delay_s = 0.02
    for name in "ABCD":
        importer.upload("Nachname;Ort\r\n" + f"{name};x\r\n" * 60, start=True)
    first, second = worker_process(), worker_process()
    for one in importer.client.get("/api/v1/imports").json["items"]:
        ended = importer.wait_for(one["id"], "finished", within_s=150)
        assert ended["progress"]["created"] == 60

    assert len(importer.services.customers) == 240
    assert first.poll() is second.poll() is None


def test_a_worker_that_was_thought_dead_writes_nothing_more(importer):
    arrived = importer.upload(nameless_list(), start=True)
    importer.services.before_customers = lambda: hand_to_another(importer)
    importer.jobs.step()

    importer.services.before_customers = None
    assert importer.get(arrived["id"])["progress"]["rows_done"] == 0
    let_the_lease_run_out(importer)
    importer.run()
    assert_every_row_once(importer, importer.get(arrived["id"]))


def hand_to_another(importer) -> None:
    with importer.database.transaction() as session:
        session.execute(update(Import).values(lease_owner=Import.id))


def test_an_import_waits_for_services_that_are_away(importer, background):
    arrived = importer.upload(nameless_list(), start=True)
    importer.services.away.set()
    background()
    time.sleep(1)
    assert importer.get(arrived["id"])["state"] == "running"
    importer.services.away.clear()

    assert_every_row_once(importer, importer.wait_for(arrived["id"], "finished"))


def test_a_start_wakes_the_worker_without_delay(importer, background):
    background()
    time.sleep(0.3)
    arrived = importer.upload("Nachname;Ort\r\nMeier;Bonn\r\n", start=True)

    importer.wait_for(arrived["id"], "finished", within_s=5)


def test_cancelling_keeps_and_reports_what_was_done(importer, background):
    importer.services.delay_s = 0.1
    arrived = importer.upload(nameless_list(), start=True)
    background()
    while importer.get(arrived["id"])["progress"]["rows_done"] < 20:
        time.sleep(0.02)
    importer.post(arrived, "cancel", 202)
    ended = importer.wait_for(arrived["id"], "cancelled")

    progress = ended["progress"]
    assert 20 <= progress["rows_done"] < ROWS
    assert progress["created"] + progress["failed"] == progress["rows_done"]
    assert len(importer.services.customers) == progress["created"]
    with importer.database.reading() as session:
        assert outbox.waiting(session) == []

    importer.services.delay_s = 0.0
    importer.post(ended, "start", 202)
    assert_every_row_once(importer, importer.wait_for(arrived["id"], "finished"))


@pytest.mark.parametrize("begun", [False, True])
def test_an_import_that_waits_for_a_service_can_be_cancelled(importer, background, begun):
    arrived = importer.upload(nameless_list(), start=True)
    if begun:
        importer.services.delay_s = 0.1
    else:
        importer.services.away.set()
    background()
    while begun and importer.get(arrived["id"])["progress"]["rows_done"] < 10:
        time.sleep(0.02)
    importer.services.away.set()
    time.sleep(0.5)
    importer.post(arrived, "cancel", 202)

    ended = importer.wait_for(arrived["id"], "cancelled", within_s=60)
    assert ended["progress"]["rows_done"] < ROWS


def test_what_nobody_has_begun_is_cancelled_at_once(importer):
    arrived = importer.upload(nameless_list(), start=True)

    assert importer.post(arrived, "cancel", 202)["state"] == "cancelled"
    importer.run()
    assert importer.services.customers == {}
    importer.post(arrived, "cancel", 409)


def test_an_import_that_a_service_refuses_fails_in_words_and_can_go_on(importer):
    importer.services.refuse_memberships_from = 3
    failed = importer.imported(nameless_list(), language="de")

    assert failed["state"] == "failed"
    assert "groups" in failed["failure"]
    assert "403" in failed["failure"]
    assert failed["progress"]["rows_done"] == 20
    importer.services.refuse_memberships_from = None
    importer.post(failed, "start", 202)
    importer.run()

    assert_every_row_once(importer, importer.get(failed["id"]))


def test_an_attribute_that_has_gone_fails_the_import_in_words(importer):
    arrived = importer.upload(nameless_list(), start=True)
    importer.services.attributes.clear()
    importer.run()

    ended = importer.get(arrived["id"])
    assert ended["state"] == "failed"
    assert "attribute:budget" in ended["failure"]


@pytest.mark.parametrize("state", ["running", "finished"])
def test_an_import_is_started_once(importer, state):
    arrived = importer.upload("Nachname;Ort\r\nMeier;Bonn\r\n", start=True)
    if state == "finished":
        importer.run()

    assert state in importer.post(arrived, "start", 409)["detail"]
    importer.change(importer.get(arrived["id"]), expected=409, mode="create")


def test_of_two_rows_for_one_person_the_later_wins(importer):
    rows = [f"Meier {n};m@example.com" for n in range(35)]
    ended = importer.imported("\r\n".join(["Nachname;E-Mail", *rows, ""]))

    [customer] = importer.services.customers.values()
    assert customer["last_name"] == "Meier 34"
    assert (ended["progress"]["created"], ended["progress"]["updated"]) == (1, 34)
