"""A worker as an installation runs it: a process of its own, watched from outside."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import delete

from shared.db import Database, utcnow
from shared.events.customers import CustomerDeactivated
from shared.outbox import publish
from shared.tables import inbox, outbox
from tests.servers import postgres_server
from tests.servers.processes import free_port
from tests.shared import probe
from tests.shared.road import ROOT, SOMEBODY, eventually, unsubscribed, untold

CODE = """
import sys, threading
from shared import worker
from services.groups.config import Settings
from services.groups.handlers import HANDLERS

def ends(stop):
    stop.wait({lasts})
    raise RuntimeError("it broke")

worker.run(Settings(), HANDLERS, ends)
"""


@pytest.fixture
def dialect() -> str:
    return "postgresql"


class Worker:
    """`log` is what it said."""

    def __init__(self, database_url: str, broker_url: str, directory: Path, code: str = "") -> None:
        self.port = free_port()
        self._log = directory / "log"
        command = ["-c", code] if code else ["-m", "services.groups.worker"]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                stderr=log,
                env={
                    **os.environ,
                    "DATABASE_URL": database_url,
                    "BROKER_URL": broker_url,
                    "WORKER_PORT": str(self.port),
                    "LOG_FORMAT": "json",
                    "SECRET_KEY": "for-tests-only-3f1c9a7e5b2d80646c1f",
                },
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""


@pytest.fixture
def start(broker_url: str, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(database_url: str, code: str = "") -> Worker:
        started.append(Worker(database_url, broker_url, tmp_path, code))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.process.kill()
        worker.process.wait()


@pytest.fixture
def groups(database_for: Callable[[str], Database]) -> Database:
    """A database with nothing to tell, also not what its migrations had."""
    database = database_for("groups")
    with database.transaction() as session:
        session.execute(delete(outbox))
    return database


def test_it_carries_events_both_ways_and_ends_when_told(
    start: Callable[..., Worker], groups: Database, broker_url: str
) -> None:
    worker = start(groups.url)
    eventually(lambda: worker.get("/health")[0] == 200)
    with groups.transaction() as session:
        publish(session, unsubscribed("told"))
    eventually(lambda: not untold(groups))
    eventually(lambda: probe.depth(broker_url, "customers") == 1)
    with groups.transaction() as session:
        heard = CustomerDeactivated(customer_id=SOMEBODY, version=2, occurred_at=utcnow())
        publish(session, heard)

    def handled() -> bool:
        with groups.reading() as session:
            return session.query(inbox).count() == 1

    eventually(handled)
    figures = worker.get("/metrics")[1]
    assert 'events_published_total{service="groups"} 2.0' in figures
    assert 'events_handled_total{outcome="handled",service="groups"} 1.0' in figures
    assert 'outbox_events{service="groups"} 0.0' in figures
    assert 'outbox_oldest_age_seconds{service="groups"} 0.0' in figures
    assert json.loads(worker.get("/health")[1]) == {"status": "ok", "parts": []}

    worker.process.send_signal(signal.SIGTERM)

    assert worker.process.wait(25) == 0
    assert "worker ends" in worker.log


def test_a_part_that_dies_takes_the_worker_with_it(
    start: Callable[..., Worker], groups: Database
) -> None:
    worker = start(groups.url, CODE.format(lasts=0.5))

    assert worker.process.wait(60) == 70
    assert "a part of the worker ended" in worker.log
    assert "it broke" in worker.log


def test_it_waits_for_a_database_that_starts_later(
    start: Callable[..., Worker],
) -> None:
    with postgres_server() as server:
        url = server.create_database("groups")
        server.stop()
        worker = start(url)
        eventually(lambda: "waiting for the database" in worker.log)
        server.start()
        eventually(lambda: worker.get("/health")[0] == 200)

        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(25) == 0


def test_without_a_broker_it_says_what_to_do() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "services.groups.worker"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "BROKER_URL"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert said.returncode == 1
    assert "Set BROKER_URL." in said.stderr
    assert "Traceback" not in said.stderr
