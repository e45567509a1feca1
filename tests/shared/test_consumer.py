"""From the broker to a service's tables: each message once, and none is in the way of the others."""

import re
import time
from collections.abc import Iterator
from uuid import uuid4

import msgspec
import psycopg
import pytest

from shared import broker
from shared.consumer import Consumer
from shared.db import Database
from tests.servers import Broker, Postgres, postgres_server
from tests.shared import probe, road
from tests.shared.road import HANDLERS, cpu_of, eventually, noted, numbers, raw, running


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def consumer(database: Database, url: str) -> Consumer:
    return Consumer("customers", database, url, HANDLERS)


def test_messages_are_handled_in_their_order(customers: Database, broker_url: str) -> None:
    probe.declare(broker_url)
    probe.publish(broker_url, *map(raw, numbers(300)))

    with running(consumer(customers, broker_url)):
        eventually(lambda: len(noted(customers)) == 300)
        probe.publish(broker_url, raw("300"))
        eventually(lambda: len(noted(customers)) == 301)

    assert noted(customers) == numbers(301)
    assert probe.depth(broker_url, "customers") == 0


def test_a_single_message_is_handled_at_once(customers: Database, broker_url: str) -> None:
    took = []
    probe.declare(broker_url)
    with running(consumer(customers, broker_url)), probe.channel(broker_url) as channel:
        for number in range(20):
            began = time.monotonic()
            channel.basic_publish("events", "followup.unsubscribed", raw(str(number)))
            eventually(lambda number=number: len(noted(customers)) == number + 1)
            took.append(time.monotonic() - began)

    assert sorted(took)[10] < 2


def test_duplicates_have_one_effect(customers: Database, broker_url: str) -> None:
    bodies = [raw(way) for way in numbers(100)]
    probe.declare(broker_url)
    probe.publish(broker_url, *bodies, *reversed(bodies), *bodies)

    with running(consumer(customers, broker_url)):
        probe.publish(broker_url, *bodies)
        eventually(lambda: probe.depth(broker_url, "customers") == 0)
        eventually(lambda: len(noted(customers)) >= 100)

    assert noted(customers) == numbers(100)


def poison() -> dict[str, tuple[bytes, dict[str, object]]]:
    """Bodies and message properties that no service can make sense of."""
    good = msgspec.json.decode(raw("x"))

    def without(member: str) -> bytes:
        return msgspec.json.encode({k: v for k, v in good.items() if k != member})

    return {
        "no JSON": (b"{not json", {}),
        "nothing": (b"", {}),
        "not UTF-8": ("ä".encode("latin-1").join([b'{"id":"', b'"}']), {}),
        "declared as another encoding": (raw("y"), {"content_encoding": "no-such-code"}),
        "pickle": (b"\x80\x04\x95.", {"content_type": "application/x-python-serialize"}),
        "compressed": (b"x\x9c\x03", {"headers": {"compression": "application/x-gzip"}}),
        "no id": (without("id"), {}),
        "no data": (without("data"), {}),
        "an unknown version": (raw("x", specversion="2.0"), {}),
        "a missing field": (raw("x", data={"customer_id": str(uuid4())}), {}),
        "a list": (b"[1, 2, 3]", {}),
        "deep": (b'{"id":' + b"[" * 100_000, {}),
        "15 MiB": (raw("x" * 15 * 1024 * 1024), {}),
        "fails in the handler": (raw("fails"), {}),
    }


UNDERSTOOD = {"declared as another encoding"}
"""What only looks odd is handled: the encoding of an event is fixed."""


def test_poison_is_buried_with_its_reason_while_the_rest_flows(
    customers: Database, broker_url: str
) -> None:
    probe.declare(broker_url)
    kinds = poison()
    good = iter(numbers(1000))
    for body, properties in kinds.values():
        probe.publish(broker_url, *(raw(next(good)) for _ in range(50)))
        probe.publish(broker_url, body, **properties)
    probe.publish(broker_url, *map(raw, good))

    with running(consumer(customers, broker_url)):
        eventually(lambda: len(noted(customers)) == 1000 + len(UNDERSTOOD))
        eventually(lambda: probe.depth(broker_url, "customers") == 0)

    assert [way for way in noted(customers) if way != "y"] == numbers(1000)
    dead = probe.take(broker_url, "customers.dead")
    bad = {name: body for name, (body, _) in kinds.items() if name not in UNDERSTOOD}
    assert {body for _, _, body in dead} == set(bad.values())
    assert len(dead) == len(bad)
    for _, properties, body in dead:
        failed = body == bad["fails in the handler"]
        assert properties.headers["reason"] == ("handler failed" if failed else "unreadable")
        assert properties.headers["original-routing-key"] == "followup.unsubscribed"
        assert properties.headers["error"]
        assert properties.headers["failed-at"]


def test_a_cut_connection_loses_and_doubles_nothing(customers: Database, mortal: Broker) -> None:
    bodies = [raw(way) for way in numbers(3000)]
    probe.publish(mortal.url, *bodies[:1500])
    with running(consumer(customers, mortal.url)):
        eventually(lambda: noted(customers))
        mortal.control("close_all_connections", "a test")
        probe.publish(mortal.url, *bodies[1500:])
        eventually(lambda: len(noted(customers)) >= 3000)

    assert noted(customers) == numbers(3000)


def test_the_consumer_comes_back_with_the_broker(customers: Database, mortal: Broker) -> None:
    probe.publish(mortal.url, *map(raw, numbers(1000)))
    with running(consumer(customers, mortal.url)) as threads:
        eventually(lambda: noted(customers))
        mortal.kill()
        before = cpu_of(threads)
        time.sleep(2)  # as long as one may be away
        assert cpu_of(threads) - before < 1, "the consumer runs hot while the broker is away"
        mortal.start()
        probe.publish(mortal.url, raw("1000"))
        eventually(lambda: len(noted(customers)) >= 1001)

    assert sorted(noted(customers), key=int) == numbers(1001)


def test_a_locked_table_makes_messages_wait_not_die(customers: Database, broker_url: str) -> None:
    probe.declare(broker_url)
    with running(consumer(customers, broker_url)):
        with psycopg.connect(customers.url) as other:
            other.execute("SELECT pg_advisory_xact_lock(4711)")
            probe.publish(broker_url, raw("before"), raw("waits"), raw("after"))
            eventually(lambda: road.waits_for_a_lock(customers))
            assert "waits" not in noted(customers)
        eventually(lambda: len(noted(customers)) == 3)

    assert noted(customers) == ["before", "waits", "after"]
    assert probe.depth(broker_url, "customers.dead") == 0


@pytest.fixture
def mortal_postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


def test_a_database_that_is_away_is_waited_for(mortal_postgres: Postgres, broker_url: str) -> None:
    customers = road.set_up(Database(mortal_postgres.create_database("customers")))
    probe.declare(broker_url)
    with running(consumer(customers, broker_url)) as threads:
        probe.publish(broker_url, raw("0"))
        eventually(lambda: noted(customers) == ["0"])
        mortal_postgres.stop()
        probe.publish(broker_url, *map(raw, numbers(50, start=1)))
        before = cpu_of(threads)
        time.sleep(2)  # as long as one may be away
        assert cpu_of(threads) - before < 1, "the consumer runs hot while the database is away"
        mortal_postgres.start()
        eventually(lambda: len(noted(customers)) == 51)
    customers.dispose()

    assert noted(customers) == numbers(51)
    assert probe.depth(broker_url, "customers.dead") == 0


def test_a_message_that_kills_its_process_is_buried_at_last(
    customers: Database, broker_url: str
) -> None:
    probe.declare(broker_url)
    probe.publish(broker_url, raw("before"), raw("kills"), raw("after"))

    deaths = 0
    while deaths < 20:
        with road.Process("consumer", customers.url, broker_url) as process:
            eventually(lambda process=process: process.died or "after" in noted(customers))
            if not process.died:
                assert process.end() == 0
                break
        deaths += 1

    assert 2 <= deaths <= 10
    assert noted(customers) == ["before", "after"]
    [(_, properties, body)] = probe.take(broker_url, "customers.dead")
    assert road.ways_of([body]) == ["kills"]
    assert properties.headers["reason"] == "kills the process"


def queues_with_policies(broker: Broker) -> str:
    return broker.control("list_queues", "name", "policy")


def test_what_the_broker_gives_up_goes_to_the_dead_letters(mortal: Broker) -> None:
    """With the policies of an installation, also what a foreign client rejects."""
    mortal.set_policies()
    # A policy takes a moment to reach its queue.
    eventually(lambda: re.search(r"(?m)^customers\s+\S", queues_with_policies(mortal)))
    probe.publish(mortal.url, raw("rejected"))
    with probe.channel(mortal.url) as channel:
        method, _, _ = channel.basic_get("customers")
        channel.basic_reject(method.delivery_tag, requeue=False)

    eventually(lambda: probe.depth(mortal.url, broker.dead("customers")) == 1)
