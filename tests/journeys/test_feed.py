"""Whether follow-up hears what customers say decides whether newsletters go."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from services.customers.worker import loops
from services.followup.actions import circuit
from services.followup.mailer import Mailer
from shared import outbox
from shared.db import utcnow

API = "/api/v1"


@pytest.fixture
def salon(system):
    """A newsletter and a service mail, both due in two minutes, and all has been heard until now."""

    def post(path, body):
        answer = system.http.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    group = post("/groups", {"name": "Stammkunden"})["id"]
    system.drain()
    for purpose in ("newsletter", "service"):
        delay = {"value": 2, "unit": "minutes"}
        made = post(
            "/sequences",
            {
                "name": purpose, "purpose": purpose, "start_groups": [group],
                "steps": [{"subject": purpose, "text": "Hallo", "delay": delay}],
            },
        )  # fmt: skip
        post(f"/sequences/{made['id']}/activate", {})
    customer = post("/customers", {"last_name": "Adler", "email": "adler@example.de"})["id"]
    post(f"/customers/{customer}/opt-in", {"action": "confirm", "evidence": "Vertrag"})
    joined = system.http.put(f"{API}/groups/{group}/members/{customer}")
    assert joined.is_success, joined.text
    system.settle()
    return system


def let_worker_run(system):
    """The customers worker's own loops, until they have told something."""
    database, stop = system.database_for("customers"), threading.Event()
    settings = system.apps["customers"].extensions["settings"]
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops(settings, database)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    try:
        while time.monotonic() < end:
            with database.reading() as session:
                names = [message.name for message in outbox.waiting(session)]
            if "customers.feed_beat" in names:
                return
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    raise AssertionError("The worker does not beat.")


def subjects(system, now):
    """What the mailer hands over at that moment, without any event being delivered."""
    settings = system.apps["followup"].extensions["settings"]
    mailer = Mailer(settings, system.database_for("followup"), clock=lambda: now)
    while mailer.step():
        pass
    items = system.http.get(f"{API}/mails?state=sent").json()["items"]
    return sorted(mail["subject"] for mail in items)


def test_what_is_told_and_not_heard_holds_newsletters_back(salon):
    """The worker goes on beating, but nothing arrives: relay, broker or consumer are away."""
    let_worker_run(salon)
    later = utcnow() + timedelta(minutes=3)
    assert subjects(salon, later) == ["service"]

    salon.now = later
    salon.beat()
    assert subjects(salon, later) == ["newsletter", "service"]


def test_the_worker_beats_as_soon_as_it_runs(salon):
    salon.drain()
    let_worker_run(salon)
    salon.drain()
    due = utcnow() + timedelta(seconds=59)
    with salon.database_for("followup").reading() as session:
        assert circuit.hears(session, due)
