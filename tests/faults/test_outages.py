"""Broker and database go away while some thousand rows are on their way: nothing lost, nothing twice."""

import pytest
from sqlalchemy import text

from tests.faults.journey import ON_THE_WAY
from tests.servers.processes import wait_until

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(400),
]

ROWS = 2000


def waiting(installation) -> int:
    """How many events of customers are still to be told."""
    with installation.database("customers").reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM outbox")) or 0)


def connections(broker) -> set[str]:
    return set(broker.control("list_connections", "pid").split()) - {"pid"}


def renewed(broker, before) -> bool:
    now = connections(broker)
    return bool(now) and not now & before


def is_still_there(installation, pids) -> bool:
    """Every process is the one that was there before: nobody had to start any again."""
    return {role: installation.processes[role].pid for role in ON_THE_WAY} == pids and all(
        installation.running(role) for role in ON_THE_WAY
    )


@pytest.fixture
def pids(everywhere):
    return {role: everywhere.processes[role].pid for role in ON_THE_WAY}


@pytest.mark.long
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_away_during_an_import_delays_and_loses_nothing(
    everywhere, pids, servers, journey, ledger, how
):
    ledger.fault = f"broker, {'SIGTERM' if how == 'stop' else 'kill -9'} during {ROWS} rows"
    _, broker = servers
    address, people = journey.begin(ROWS)
    journey.wait_for_rows(address, 200)
    getattr(broker, how)()
    ledger.kills += 1

    # Writing goes on without it, and what there is to tell waits.
    assert not broker.answers()
    with everywhere.client("admin") as api:
        assert api.post("/api/v1/customers", json={"last_name": "Trotzdem"}).status_code == 201
    done = journey.rows(address)
    wait_until(lambda: journey.rows(address) > min(done, ROWS - 1), "more rows")
    assert waiting(everywhere) > 0
    broker.start()

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double, ledger.uncertain) == (0, 0, 0)
    assert is_still_there(everywhere, pids)


@pytest.mark.long
def test_connections_to_the_broker_that_are_cut_are_opened_again(
    everywhere, pids, servers, journey, ledger
):
    ledger.fault = f"connections to the broker cut during {ROWS} rows"
    _, broker = servers
    address, people = journey.begin(ROWS)
    journey.wait_for_rows(address, 200)
    for _ in range(3):
        before = connections(broker)
        broker.control("close_all_connections", "a test")
        ledger.kills += len(before)
        assert before
        wait_until(lambda before=before: renewed(broker, before), "new connections")

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double, ledger.uncertain) == (0, 0, 0)
    assert is_still_there(everywhere, pids)


@pytest.mark.long
def test_a_killed_database_comes_back_with_all_that_was_answered(
    everywhere, pids, servers, journey, ledger
):
    ledger.fault = f"PostgreSQL, kill -9 during {ROWS} rows"
    postgres, _ = servers
    address, people = journey.begin(ROWS)
    for rows in (200, 1000):
        journey.wait_for_rows(address, rows)
        postgres.kill()
        ledger.kills += 1
        assert not postgres.answers()
        postgres.start()

    journey.settle(address, people, ledger)
    assert (ledger.lost, ledger.double) == (0, 0)
    assert is_still_there(everywhere, pids)
