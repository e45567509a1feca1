"""Two services that tests let talk: `followup` tells of people who unsubscribe, `customers` takes notes.

Also a program, so that a test can kill one side: `python -m tests.shared.road relay|consumer|handover URLS`.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text, Uuid, func, insert, select, text
from sqlalchemy.orm import Session

from shared import tables
from shared.consumer import Consumer, Subscriber
from shared.db import Database, new_id, new_metadata, utcnow
from shared.events.followup import Unsubscribed
from shared.outbox import publish
from shared.relay import Handover, Relay

ROOT = Path(__file__).resolve().parents[2]
SOMEBODY = UUID(int=7)

notes = Table(
    "notes",
    new_metadata(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("customer_id", Uuid, nullable=False),
    Column("way", Text, nullable=False),
)


def set_up(database: Database) -> Database:
    tables.metadata.create_all(database.engine)
    notes.metadata.create_all(database.engine)
    return database


def on_unsubscribed(session: Session, events: list[Unsubscribed]) -> None:
    """Take a note of each, unless the event says what goes wrong instead."""
    session.execute(insert(notes), [{"customer_id": e.customer_id, "way": e.way} for e in events])
    for event in events:
        if event.way == "fails":
            raise RuntimeError("this one always fails")
        if event.way == "kills":
            os.kill(os.getpid(), signal.SIGKILL)
        if event.way == "waits":
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            session.execute(text("SELECT pg_advisory_xact_lock(4711)"))


HANDLERS = {Unsubscribed: on_unsubscribed}


def unsubscribed(way: str) -> Unsubscribed:
    return Unsubscribed(customer_id=SOMEBODY, way=way, occurred_at=utcnow())


def tell(database: Database, *ways: str) -> None:
    """Followup says it, in one transaction."""
    with database.transaction() as session:
        publish(session, *map(unsubscribed, ways))


def noted(database: Database) -> list[str]:
    """What customers has taken note of, in that order."""
    with database.reading() as session:
        return list(session.scalars(select(notes.c.way).order_by(notes.c.id)))


def untold(database: Database) -> int:
    """How many events are still in the outbox."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(tables.outbox)) or 0


def waits_for_a_lock(database: Database) -> bool:
    """Some handler has come to the lock that a test holds (PostgreSQL)."""
    with database.reading() as session:
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(session.scalar(waiting))


def numbers(count: int, start: int = 0) -> list[str]:
    return [str(number) for number in range(start, start + count)]


class Part(Protocol):
    def run(self, stop: threading.Event) -> None: ...


@contextmanager
def running(*parts: Part) -> Iterator[list[threading.Thread]]:
    """Run relays, consumers and hand-overs as a worker does, each in a thread."""
    stop = threading.Event()
    threads = [threading.Thread(target=part.run, args=(stop,)) for part in parts]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads), "a part does not end"


def cpu_of(threads: list[threading.Thread]) -> float:
    """Processor time they have used so far, in seconds."""
    clocks = [time.pthread_getcpuclockid(thread.ident) for thread in threads if thread.ident]
    return sum(map(time.clock_gettime, clocks))


def eventually(done: Callable[[], Any], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Process:
    """One side of the road in a process of its own. `crash_at` is a crash point and its pass."""

    def __init__(self, role: str, *urls: str, crash_at: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.shared.road", role, *urls],
            cwd=ROOT,
            env={**os.environ, "CRASH_AT": crash_at},
            stdin=subprocess.PIPE,
        )

    @property
    def died(self) -> bool:
        """It was killed, and not by being asked to end."""
        return self._process.poll() == -signal.SIGKILL

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Ask it to end; its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(20)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()


def part(role: str, urls: list[str]) -> Part:
    if role == "relay":
        return Relay("followup", Database(urls[0]), urls[1])
    if role == "consumer":
        return Consumer("customers", Database(urls[0]), urls[1], HANDLERS)
    subscriber = Subscriber("customers", Database(urls[1]), HANDLERS)
    return Handover("followup", Database(urls[0]), [subscriber])


def main(role: str, *urls: str) -> None:
    stop = threading.Event()

    def until_told() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=until_told, daemon=True).start()
    part(role, list(urls)).run(stop)


def raw(way: str, **changes: Any) -> bytes:
    """One event as it lies on the broker; `changes` replace members of its envelope."""
    import msgspec

    from shared.events.base import encode

    document = msgspec.json.decode(encode(unsubscribed(way), event_id=new_id(), time=utcnow()))
    return msgspec.json.encode(document | changes)


def ways_of(messages: Iterable[bytes]) -> list[str]:
    import msgspec

    return [msgspec.json.decode(body)["data"]["way"] for body in messages]


if __name__ == "__main__":
    main(*sys.argv[1:])
