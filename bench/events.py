"""How fast events travel: the relay alone, relay and consumer together, and pika doing the bare minimum.

    python -m bench.events [QUICK]        servers of its own; prints the figures as JSON

Everything runs on this machine at once: PostgreSQL, RabbitMQ, a relay process, a consumer process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pika
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared import broker, garbage, outbox, tables
from shared.consumer import Consumer
from shared.consumer.connection import connect
from shared.db import Database, bulk_insert, new_id, new_metadata, utcnow
from shared.events.base import encode
from shared.events.customers import OptInRevoked
from shared.events.followup import Unsubscribed
from shared.relay import Relay

PEER_QUEUE = "bench.peer"
spent: Counter[str] = Counter()
"""Seconds of processor time that the product's own processes have used, by role."""
WINDOW = 1000

effects = sa.Table(
    "bench_effects",
    new_metadata(),
    sa.Column("customer_id", sa.Uuid, primary_key=True),
    sa.Column("way", sa.Text, nullable=False),
)


def measure(postgres: Any, broker_url: str, *, quick: bool = False) -> dict[str, Any]:
    """Return rates per second (medians), their ratios to pika's, and core time per event.

    `postgres` is a server from tests.servers; the broker must be one that nobody else uses.
    """
    count, runs = (20_000, 2) if quick else (60_000, 3)
    sender = Database(postgres.create_database("bench_events_out"))
    hearer = Database(postgres.create_database("bench_events_in"))
    try:
        for database in (sender, hearer):
            tables.metadata.create_all(database.engine)
        effects.metadata.create_all(hearer.engine)
        works: dict[str, Callable[[int], float]] = {
            "pika_publish": lambda n: _pika_publish(broker_url, n),
            "pika_consume": lambda n: _pika_consume(broker_url, n),
            "relay": lambda n: _relay(sender, broker_url, n),
            "relay_and_consumer": lambda n: _hop(sender, hearer, broker_url, n),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(runs):
            for name, work in works.items():
                busy = _busy_seconds()
                seconds = work(count)
                taken[name].append((count / seconds, (_busy_seconds() - busy) / count * 1e6))
        return _figures(taken)
    finally:
        for database in (sender, hearer):
            database.dispose()
        for name in ("bench_events_out", "bench_events_in"):
            postgres.drop_database(name)


def _figures(taken: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    rate = {name: statistics.median(r for r, _ in runs) for name, runs in taken.items()}
    return {
        "events_per_second": {name: round(value) for name, value in rate.items()},
        "core_us_per_event": {
            name: round(statistics.median(us for _, us in runs)) for name, runs in taken.items()
        },
        "relay/pika_publish": round(rate["relay"] / rate["pika_publish"], 3),
        "hop/pika_publish": round(rate["relay_and_consumer"] / rate["pika_publish"], 3),
        "hop/pika_consume": round(rate["relay_and_consumer"] / rate["pika_consume"], 3),
    }


# The peers


def _body() -> bytes:
    return encode(_event(new_id()), event_id=new_id(), time=utcnow())


def _event(customer_id: UUID) -> Unsubscribed:
    return Unsubscribed(customer_id=customer_id, way="one-click", occurred_at=utcnow())


def _pika_publish(url: str, count: int) -> float:
    """Pipelined confirms on a SelectConnection, ready-made bytes, at most WINDOW unconfirmed."""
    _empty(url, PEER_QUEUE)
    body = _body()
    properties = pika.BasicProperties(content_type=broker.CONTENT_TYPE, delivery_mode=2)
    sent = confirmed = 0
    connection: pika.SelectConnection

    def on_channel(channel: Any) -> None:
        def fill() -> None:
            nonlocal sent
            while sent < count and sent - confirmed < WINDOW:
                channel.basic_publish("", PEER_QUEUE, body, properties, mandatory=True)
                sent += 1

        def on_confirm(frame: Any) -> None:
            nonlocal confirmed
            tag = frame.method.delivery_tag
            confirmed = max(confirmed, tag) if frame.method.multiple else confirmed + 1
            if confirmed >= count:
                connection.ioloop.stop()
            elif sent - confirmed <= WINDOW // 2:
                fill()

        channel.confirm_delivery(on_confirm, callback=lambda _: fill())

    connection = pika.SelectConnection(
        _parameters(url), on_open_callback=lambda c: c.channel(on_open_callback=on_channel)
    )
    began = time.perf_counter()
    connection.ioloop.start()
    seconds = time.perf_counter() - began
    connection.close()
    connection.ioloop.call_later(0.2, connection.ioloop.stop)
    connection.ioloop.start()
    return seconds


def _pika_consume(url: str, count: int) -> float:
    """What _pika_publish left, with prefetch 1000 and one acknowledgement for 500."""
    _wait(lambda: _depth(url, PEER_QUEUE) >= count)
    connection = pika.BlockingConnection(_parameters(url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1000)
    taken = 0

    def on_message(channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        nonlocal taken
        taken += 1
        if taken % 500 == 0:
            channel.basic_ack(method.delivery_tag, True)
        if taken == count:
            channel.stop_consuming()

    began = time.perf_counter()
    channel.basic_consume(PEER_QUEUE, on_message)
    channel.start_consuming()
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


# The product


def _relay(sender: Database, url: str, count: int) -> float:
    """From a full outbox to an empty one, every row confirmed and deleted."""
    _prepare(sender, url, count)
    with _child("relay", sender.url, url) as go:
        began = time.perf_counter()
        go()
        _wait(lambda: not _count(sender, "outbox"))
        return time.perf_counter() - began


def _hop(sender: Database, hearer: Database, url: str, count: int) -> float:
    """From a full outbox until the last event has its inbox row, its effect and the next outbox row."""
    _prepare(sender, url, count)
    with hearer.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE bench_effects, inbox, outbox")
    with _child("consumer", hearer.url, url) as listen, _child("relay", sender.url, url) as go:
        began = time.perf_counter()
        listen()
        go()
        _wait(lambda: _count(hearer, "bench_effects") >= count)
        seconds = time.perf_counter() - began
        assert _count(hearer, "outbox") == _count(hearer, "inbox") == count
        return seconds


def _prepare(sender: Database, url: str, count: int) -> None:
    _empty(url, "customers", PEER_QUEUE)
    with sender.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE outbox")
    with sender.transaction() as session:
        outbox.publish(session, *(_event(new_id()) for _ in range(count)))
    with sender.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE outbox")
        connection.exec_driver_sql("CHECKPOINT")


def on_unsubscribed(session: Session, events: list[Unsubscribed]) -> None:
    rows = [(event.customer_id, event.way) for event in events]
    bulk_insert(session, effects, ("customer_id", "way"), rows)
    outbox.publish(
        session,
        *(
            OptInRevoked(customer_id=e.customer_id, version=2, way=e.way, occurred_at=e.occurred_at)
            for e in events
        ),
    )


def child(role: str, database_url: str, broker_url: str) -> None:
    """One process of the product; goes when it is told, ends with its standard input."""
    database, stop = Database(database_url), threading.Event()
    works = {
        "relay": lambda: Relay("followup", database, broker_url).run(stop),
        "consumer": lambda: Consumer(
            "customers", database, broker_url, {Unsubscribed: on_unsubscribed}
        ).run(stop),
    }
    garbage.settle()  # as a worker does
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    thread = threading.Thread(target=works[role])
    thread.start()
    sys.stdin.read()
    stop.set()
    thread.join()
    print(time.process_time() - began, flush=True)


@contextmanager
def _child(role: str, database_url: str, broker_url: str) -> Iterator[Callable[[], None]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.events", role, database_url, broker_url],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def go() -> None:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]

    try:
        assert process.stdout.readline() == "ready\n"
        yield go
    finally:
        process.stdin.close()
        spent[role] += float(process.stdout.readline())
        process.wait(20)


# Small things


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.virtual_host = parameters.virtual_host or "/"
    return parameters


def _channel(url: str) -> Any:
    connection = connect(url, heartbeat_s=0)
    channel = connection.channel()
    broker.declare(channel)
    channel.queue_declare(
        PEER_QUEUE, durable=True, auto_delete=False, arguments=broker.QUEUE_ARGUMENTS
    )
    return channel


def _empty(url: str, *queues: str) -> None:
    channel = _channel(url)
    for queue in queues:
        channel.queue_purge(queue)
    channel.connection.close()


def _depth(url: str, queue: str) -> int:
    channel = _channel(url)
    count: int = channel.queue_declare(queue, passive=True).message_count
    channel.connection.close()
    return count


def _count(database: Database, table: str) -> int:
    # A connection of its own: what it costs shall not depend on the pool.
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


def _wait(done: Callable[[], bool], *, within: float = 120) -> None:
    end = time.monotonic() + within
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the events did not arrive")
        time.sleep(0.02)


def _busy_seconds() -> float:
    """Core seconds that the whole machine has spent so far."""
    user, nice, system, _idle, _wait, irq, soft, *_ = (
        int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + soft) / 100


def main() -> None:
    from tests.servers import postgres_server, rabbitmq_server

    with postgres_server(durable=True) as postgres, rabbitmq_server() as server:
        figures = measure(postgres, server.url, quick="QUICK" in sys.argv)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("relay", "consumer"):
        child(*sys.argv[1:4])
    else:
        main()
