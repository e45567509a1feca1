"""How fast mails leave: one mailer and two, beside smtplib handing over ready-made bytes.

    python -m bench.mails [QUICK]        a PostgreSQL of its own; prints the figures

Every mail is personalised (HTML and text, one-click unsubscribe), its consent decided under a lock, its
hand-over and its outcome written down durably, and told as an event.
"""

from __future__ import annotations

import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from sqlalchemy.orm import Session

from bench.figures import Figure
from services.followup.actions import activation
from services.followup.actions import sequences as actions
from services.followup.handlers.customers import on_customer_registered, on_feed_beat
from services.followup.handlers.groups import on_customer_added_to_group
from services.followup.messages.layout import Layout, Message, Sender
from shared.db import Database, new_id, utcnow
from shared.events.customers import CustomerRegistered, CustomerSnapshot, FeedBeat
from shared.events.groups import CustomerAddedToGroup
from shared.loops import every
from tests.servers.processes import answers, free_port

ROOT = Path(__file__).parent.parent
SECRET = "for-the-benchmark-only-8d1f4c6b2a90e753"  # protects nothing
CONNECTIONS = 4
HTML = (
    "<style>h1 { color: #14508f } p { margin: 0 0 1em }</style>"
    "<h1>{{ business.name }}</h1><p>{{ salutation }},</p>"
    "<p>zum Herbst haben wir für Sie, {{ customer.first_name }}, etwas Schönes ausgesucht.</p>"
    + "<p>Kommen Sie vorbei, wir freuen uns auf Ihren Besuch in der Hauptstraße.</p>\n" * 8
    + "<p>Ihre Kundennummer: {{ customer.number }}</p>"
    + '<p><a href="{{ unsubscribe_url }}">Newsletter abbestellen</a></p>'
)
TEXT = (
    "{{ salutation }},\n\nzum Herbst haben wir für Sie, {{ customer.first_name }}, etwas Schönes "
    "ausgesucht.\n" + "Kommen Sie vorbei, wir freuen uns auf Ihren Besuch.\n" * 8
    + "\nIhre Kundennummer: {{ customer.number }}\nAbbestellen: {{ unsubscribe_url }}\n"
)  # fmt: skip
SUBJECT = "Neues für Sie, {{ customer.first_name }}"


def measure(postgres: Any, *, quick: bool = False) -> list[Figure]:
    """The mails a second of one and of two mailers beside those of smtplib (medians)."""
    count, runs = (4_000, 1) if quick else (20_000, 3)
    limits: list[float] = []
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(runs):
        limits.append(limit(count))
        for mailers, rates in found.items():
            rates.append(product(postgres, count, mailers))
    of_smtplib = statistics.median(limits)
    return [
        Figure(f"{count:,} mails, {name}", statistics.median(found[mailers]), "mails/s", of_smtplib,
               "smtplib, 4 connections, ready-made bytes", bar)
        for mailers, name, bar in ((1, "one mailer", 0.25), (2, "two mailers", 0.45))
    ]  # fmt: skip


# The limit


def limit(count: int) -> float:
    """smtplib over four connections, one ready-made mail again and again."""
    data = _example()
    with sink() as (port, _taken):

        def send(share: int) -> None:
            with smtplib.SMTP("127.0.0.1", port) as smtp:
                for _ in range(share):
                    smtp.sendmail("salon@example.com", ["anna@example.de"], data)

        threads = [
            threading.Thread(target=send, args=(count // CONNECTIONS,)) for _ in range(CONNECTIONS)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return count / (time.perf_counter() - began)


def _example() -> bytes:
    layout = Layout(
        Message(SUBJECT, HTML, TEXT), Sender("Salon", "salon@example.com"), newsletter=True
    )
    values = {
        "customer": {"first_name": "Anna", "number": 10001},
        "business": {"name": "Salon"},
        "salutation": "Sehr geehrte Frau Müller",
        "unsubscribe_url": "http://localhost:8080/api/v1/public/unsubscribe/" + "a" * 87,
    }
    return layout.fill(new_id(), "anna@example.de", "Anna Müller", values, datetime.now(UTC)).data


# The product


def product(postgres: Any, count: int, mailers: int) -> float:
    """From activating a sequence whose mails are all due to the last one recorded as sent."""
    name = f"bench_mails_{mailers}"
    url = postgres.create_database(name)
    database = Database(url)
    try:
        sequence_id = prepare(database, count)
        with ExitStack() as stack:
            port, taken = stack.enter_context(sink())
            stack.enter_context(beating(database))
            for _ in range(mailers):
                stack.enter_context(mailer(url, port))
            time.sleep(0.5)  # they have looked once and wait
            began = time.perf_counter()
            with database.transaction() as session:
                activation.activate(session, sequence_id, enrol=False, dry_run=False, now=utcnow())
            _wait(lambda: taken() >= count and not _unsent(database), within=600)
            seconds = time.perf_counter() - began
            assert taken() == count, f"{taken()} mails arrived, {count} were to be sent"
        return count / seconds
    finally:
        database.dispose()
        postgres.drop_database(name)


def prepare(database: Database, count: int) -> UUID:
    """Customers in a group whose sequence is paused: all mails are planned and held."""
    database.migrate("followup")
    group = new_id()
    now = utcnow()
    with database.transaction() as session:
        sequence = actions.create(
            session,
            {
                "name": "Herbst",
                "start_groups": [str(group)],
                "steps": [{"subject": SUBJECT, "html": HTML, "text": TEXT}],
            },
            "Europe/Berlin",
            now,
        )
    with database.transaction() as session:
        activation.activate(session, sequence.id, enrol=False, dry_run=False, now=now)
    with database.transaction() as session:
        actions.pause(session, sequence.id, now)
    for start in range(0, count, 500):
        people = [_customer(n) for n in range(start, min(start + 500, count))]
        with database.transaction() as session:
            on_customer_registered(session, people)
            on_customer_added_to_group(session, [_joined(p.customer_id, group) for p in people])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("TRUNCATE outbox")
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")
    return sequence.id


def _customer(number: int) -> CustomerRegistered:
    id_ = new_id()
    customer = CustomerSnapshot(
        id=id_, number=10_000 + number, version=1, active=True, registered_at=utcnow(),
        salutation="Frau", first_name="Änne", last_name=f"Müller-{number}",
        email=f"kunde{number}@example.de", language="de", opt_in="confirmed",
    )  # fmt: skip
    return CustomerRegistered(
        customer_id=id_, version=1, source="import", occurred_at=utcnow(), customer=customer
    )


def _joined(customer_id: UUID, group_id: UUID) -> CustomerAddedToGroup:
    return CustomerAddedToGroup(
        customer_id=customer_id, group_id=group_id, group_path="Herbst", ancestor_ids=[],
        source="import", start_sequences="yes", occurred_at=utcnow(),
    )  # fmt: skip


def _unsent(database: Database) -> int:
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM mails WHERE state <> 'sent'")
        return int(found.scalar() or 0)


@contextmanager
def beating(database: Database) -> Iterator[None]:
    """Newsletters go only while customers are heard."""

    def beat(session: Session) -> int:
        on_feed_beat(session, [FeedBeat(at=utcnow())])
        return 0

    stop = threading.Event()
    loop = every(10, database, beat, at_once=True)
    thread = threading.Thread(target=loop, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def mailer(database_url: str, port: int) -> Iterator[None]:
    """One mailer process, at work."""
    own_port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "SECRET_KEY": SECRET,
        "MAIL_FROM": "salon@example.com",
        "MAIL_CONNECTIONS": os.environ.get("MAIL_CONNECTIONS", str(CONNECTIONS)),
        "WORKER_PORT": str(own_port),
        "DATA_DIR": tempfile.gettempdir(),
    }
    environment.pop("BROKER_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.followup.mailer"], cwd=ROOT, env=environment
    )
    try:
        _wait(lambda: answers(own_port), within=60)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def sink() -> Iterator[tuple[int, Callable[[], int]]]:
    """The mail server, a process of its own: its port, and how many mails it has taken."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.smtp_sink", "--http-port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        port, http_port = map(int, process.stdout.readline().split())

        def taken() -> int:
            with urlopen(Request(f"http://127.0.0.1:{http_port}/count")) as answer:
                return int(answer.read())

        yield port, taken
    finally:
        process.terminate()
        process.wait(20)


def _wait(done: Callable[[], bool], *, within: float) -> None:
    end = time.monotonic() + within
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the mails did not arrive")
        time.sleep(0.05)


def main() -> None:
    from bench.figures import show
    from tests.servers import postgres_server

    with postgres_server(durable=True) as postgres:
        show(measure(postgres, quick="QUICK" in sys.argv))


if __name__ == "__main__":
    main()
