"""From the outbox to the broker: everything arrives, whatever happens to the broker meanwhile."""

import json
import time
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from shared.db import Database, utcnow
from shared.events.importer import ImportUndone
from shared.outbox import publish
from shared.relay import Relay
from tests.servers import Broker
from tests.shared import probe
from tests.shared.road import (
    SOMEBODY,
    Process,
    cpu_of,
    eventually,
    numbers,
    running,
    tell,
    unsubscribed,
    untold,
    ways_of,
)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def arrived(url: str) -> list[str]:
    return ways_of(body for _, _, body in probe.take(url, "customers"))


def test_events_arrive_in_the_order_they_were_told(followup: Database, broker_url: str) -> None:
    tell(followup, *numbers(2500))

    with running(Relay("followup", followup, broker_url)):
        tell(followup, *numbers(10, start=2500))
        eventually(lambda: not untold(followup))

    assert arrived(broker_url) == numbers(2510)


def test_an_event_is_a_persistent_cloud_event(followup: Database, broker_url: str) -> None:
    tell(followup, "once")

    with running(Relay("followup", followup, broker_url)):
        eventually(lambda: not untold(followup))

    [(method, properties, body)] = probe.take(broker_url, "customers")
    document = json.loads(body)
    assert method.routing_key == document["type"] == "followup.unsubscribed"
    assert properties.content_type == "application/cloudevents+json"
    assert properties.delivery_mode == 2
    assert document["specversion"] == "1.0"
    assert document["source"] == "/followup"
    assert document["subject"] == document["data"]["customer_id"] == str(SOMEBODY)


def test_an_event_may_be_larger_than_a_frame(followup: Database, broker_url: str) -> None:
    large = ["a" * 131_000, "b" * 131_072, "c" * 700_000, "small"]
    tell(followup, *large)

    with running(Relay("followup", followup, broker_url)):
        eventually(lambda: not untold(followup))

    assert arrived(broker_url) == large


def test_an_event_nobody_hears_stops_nothing(followup: Database, broker_url: str) -> None:
    with followup.transaction() as session:
        publish(session, ImportUndone(import_id=SOMEBODY, occurred_at=utcnow()))
    tell(followup, "heard")

    with running(Relay("followup", followup, broker_url)):
        eventually(lambda: not untold(followup))

    assert arrived(broker_url) == ["heard"]


def test_a_commit_wakes_the_relay_at_once(followup: Database, broker_url: str) -> None:
    with running(Relay("followup", followup, broker_url)):
        tell(followup, "first")
        eventually(lambda: not untold(followup))
        took = []
        for number in numbers(10):
            began = time.monotonic()
            tell(followup, number)
            eventually(lambda: not untold(followup))
            took.append(time.monotonic() - began)

    assert sorted(took)[5] < 2  # the slow poll takes 5 s


def test_a_queue_that_lost_its_binding_gets_it_back(followup: Database, broker_url: str) -> None:
    with running(Relay("followup", followup, broker_url)):
        tell(followup, "before")
        eventually(lambda: not untold(followup))
        with probe.channel(broker_url) as channel:
            channel.queue_unbind("customers", "events", "followup.unsubscribed")
        # The connection that this test writes by was ended too; that is noticed by its first use.
        with suppress(OperationalError):
            tell(followup, "lost")
        tell(followup, "after")
        eventually(lambda: not untold(followup))

    assert arrived(broker_url)[-1] == "after"


def test_a_lost_database_connection_is_opened_again(followup: Database, broker_url: str) -> None:
    with running(Relay("followup", followup, broker_url)):
        tell(followup, "before")
        eventually(lambda: not untold(followup))
        with psycopg.connect(followup.url, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        assert ended is not None
        assert ended[0] > 0
        # The connection that this test writes by was ended too; that is noticed by its first use.
        with suppress(OperationalError):
            tell(followup, "lost")
        tell(followup, "after")
        eventually(lambda: not untold(followup))

    assert arrived(broker_url)[-1] == "after"


def test_rows_stay_while_the_broker_is_dead_and_go_when_it_is_back(
    followup: Database, mortal: Broker
) -> None:
    with running(Relay("followup", followup, mortal.url)) as threads:
        tell(followup, *numbers(3000))
        eventually(lambda: untold(followup) < 3000)
        mortal.kill()
        tell(followup, *numbers(100, start=3000))
        before = cpu_of(threads)
        time.sleep(2)  # as long as one may be away
        assert cpu_of(threads) - before < 1, "the relay runs hot while the broker is away"
        assert untold(followup) >= 100
        mortal.start()
        eventually(lambda: not untold(followup))

    ways = arrived(mortal.url)
    assert list(dict.fromkeys(ways)) == numbers(3100), "lost, or first heard out of order"


def test_a_cut_connection_loses_nothing(followup: Database, mortal: Broker) -> None:
    with running(Relay("followup", followup, mortal.url)):
        tell(followup, *numbers(5000))
        eventually(lambda: untold(followup) < 5000)
        mortal.control("close_all_connections", "a test")
        eventually(lambda: not untold(followup))

    assert list(dict.fromkeys(arrived(mortal.url))) == numbers(5000)


def stays(followup: Database) -> bool:
    """Something waits, and as much of it some attempts later."""
    waiting = untold(followup)
    time.sleep(1)
    return 0 < waiting == untold(followup)


def test_what_the_broker_refuses_stays_in_the_outbox(followup: Database, mortal: Broker) -> None:
    full = '{"max-length": 5, "overflow": "reject-publish"}'
    mortal.control("set_policy", "--apply-to", "queues", "full", "^customers$", full)
    with running(Relay("followup", followup, mortal.url)):
        tell(followup, *numbers(20))
        eventually(lambda: not untold(followup))
        # The queue tells its publishers a little late that it is full: until then it takes more.
        more = iter(range(20, 10_000))
        eventually(lambda: tell(followup, str(next(more))) or untold(followup) >= 10)
        # It may take one or another yet, for the same reason.
        eventually(lambda: stays(followup))
        mortal.control("clear_policy", "full")
        eventually(lambda: not untold(followup))

    assert list(dict.fromkeys(arrived(mortal.url))) == numbers(next(more))


def blocked(broker: Broker) -> bool:
    """A publisher has been stopped: the broker does so when it is sent something it cannot take."""
    return "blocked" in broker.control("list_connections", "state").split()


def test_a_broker_that_takes_nothing_for_a_while_is_waited_for(
    followup: Database, mortal: Broker
) -> None:
    with running(Relay("followup", followup, mortal.url)):
        tell(followup, "before")
        eventually(lambda: not untold(followup))
        mortal.control("set_vm_memory_high_watermark", "0.0000001")
        try:
            tell(followup, *numbers(500))
            eventually(lambda: blocked(mortal))
            assert untold(followup) == 500
        finally:
            mortal.control("set_vm_memory_high_watermark", "0.6")
        eventually(lambda: not untold(followup))

    assert list(dict.fromkeys(arrived(mortal.url))) == ["before", *numbers(500)]


def test_a_relay_ends_when_told_also_while_the_broker_takes_nothing(
    followup: Database, mortal: Broker
) -> None:
    mortal.control("set_vm_memory_high_watermark", "0.0000001")
    try:
        with running(Relay("followup", followup, mortal.url)):
            tell(followup, "waits")
            eventually(lambda: blocked(mortal))
            began = time.monotonic()
        assert time.monotonic() - began < 15
        assert untold(followup) == 1
    finally:
        mortal.control("set_vm_memory_high_watermark", "0.6")


def leaders(database: Database) -> int:
    with database.reading() as session:
        return int(
            session.connection()
            .exec_driver_sql(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
            )
            .scalar_one()
        )


def test_of_two_relays_one_sends(followup: Database, broker_url: str) -> None:
    other = Database(followup.url)
    with running(Relay("followup", followup, broker_url), Relay("followup", other, broker_url)):
        for start in range(0, 3000, 300):
            tell(followup, *numbers(300, start=start))
            assert leaders(followup) <= 1
        eventually(lambda: not untold(followup))
    other.dispose()

    assert arrived(broker_url) == numbers(3000)


def test_a_dead_leader_is_followed_at_once(followup: Database, broker_url: str) -> None:
    with Process("relay", followup.url, broker_url) as leader:
        tell(followup, "before")
        eventually(lambda: not untold(followup))
        with running(Relay("followup", followup, broker_url)):
            time.sleep(0.5)
            leader.kill()
            began = time.monotonic()
            tell(followup, "after")
            eventually(lambda: not untold(followup))
            assert time.monotonic() - began < 5

    assert arrived(broker_url) == ["before", "after"]


def test_an_event_committed_late_is_not_overlooked(followup: Database, broker_url: str) -> None:
    """Its row has a lower number than rows that are long gone."""
    probe.declare(broker_url)
    with running(Relay("followup", followup, broker_url)):
        with followup.transaction() as session:
            publish(session, unsubscribed("late"))
            tell(followup, "early")
            eventually(lambda: probe.depth(broker_url, "customers") == 1)
        eventually(lambda: not untold(followup))

    assert arrived(broker_url) == ["early", "late"]
