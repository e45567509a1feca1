"""From one service to the next without a broker: the outbox keeps what not everybody has."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from shared.consumer import Passing, Subscriber
from shared.crashpoints import POINTS
from shared.db import Database
from shared.outbox import publish
from shared.relay import Handover
from tests.shared.road import (
    HANDLERS,
    Process,
    eventually,
    noted,
    numbers,
    running,
    tell,
    unsubscribed,
    untold,
    waits_for_a_lock,
)


def handover(followup: Database, *listeners: Database) -> Handover:
    return Handover(
        "followup", followup, [Subscriber("customers", each, HANDLERS) for each in listeners]
    )


def test_events_arrive_in_the_order_they_were_told(followup: Database, customers: Database) -> None:
    with running(handover(followup, customers)):
        tell(followup, *numbers(700))
        tell(followup, *numbers(10, start=700))
        eventually(lambda: not untold(followup))

    assert noted(customers) == numbers(710)


def test_a_commit_wakes_the_hand_over_at_once(followup: Database, customers: Database) -> None:
    with running(handover(followup, customers)):
        tell(followup, "first")
        eventually(lambda: noted(customers) == ["first"])
        took = []
        for number in range(10):
            began = time.monotonic()
            tell(followup, str(number))
            eventually(lambda number=number: len(noted(customers)) == number + 2)
            took.append(time.monotonic() - began)

    assert sorted(took)[5] < 0.3  # the slow poll would take seconds


def test_what_is_not_committed_is_not_told(followup: Database, customers: Database) -> None:
    def change_one_s_mind() -> None:
        with followup.transaction() as session:
            publish(session, unsubscribed("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_one_s_mind()

    assert handover(followup, customers).step() == 0


def test_a_failing_event_is_buried_and_the_rest_flows(
    followup: Database, customers: Database
) -> None:
    tell(followup, "a", "fails", "b")

    handover(followup, customers).step()

    assert noted(customers) == ["a", "b"]
    assert untold(followup) == 0


class TestWhenOneOfTwoListenersIsAway:
    @pytest.fixture
    def dialect(self) -> str:
        return "postgresql"

    def test_the_rows_stay_until_both_have_them(
        self, followup: Database, customers: Database, new_database: Callable[[], Database]
    ) -> None:
        busy = new_database()
        with running(handover(followup, customers, busy)):
            with busy.transaction() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(4711)"))
                tell(followup, "waits")
                eventually(lambda: noted(customers) == ["waits"])
                eventually(lambda: waits_for_a_lock(busy))
                assert untold(followup) == 1
            eventually(lambda: not untold(followup))

        assert noted(customers) == noted(busy) == ["waits"]

    def test_a_step_says_that_it_could_not(self, followup: Database, customers: Database) -> None:
        tell(followup, "waits")
        with customers.transaction() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(4711)"))
            with pytest.raises(Passing):
                handover(followup, customers).step()

        assert untold(followup) == 1


CRASHES = (
    "consumer.before_commit",
    "consumer.after_commit",
    *(p for p in POINTS if "handover" in p),
)


@pytest.mark.parametrize("point", CRASHES)
def test_killed_at_any_point_it_delivers_everything_once(
    point: str, followup: Database, customers: Database
) -> None:
    tell(followup, "0")
    with Process("handover", followup.url, customers.url, crash_at=f"{point}:2") as first:
        eventually(lambda: not untold(followup))
        tell(followup, *numbers(1199, start=1))
        eventually(lambda: first.died)
    assert untold(followup) > 0
    with running(handover(followup, customers)):
        eventually(lambda: not untold(followup))

    assert noted(customers) == numbers(1200)


def test_an_event_that_kills_its_process_is_buried_at_last(
    followup: Database, customers: Database
) -> None:
    tell(followup, "before", "kills", "after")

    deaths = 0
    while deaths < 20:
        with Process("handover", followup.url, customers.url) as process:
            eventually(lambda process=process: process.died or not untold(followup))
            if not process.died:
                assert process.end() == 0
                break
        deaths += 1

    assert 2 <= deaths <= 10
    assert noted(customers) == ["before", "after"]
    with customers.reading() as session:
        [reason] = session.scalars(text("SELECT reason FROM dead_letters")).all()
    assert reason.startswith("kills the process")
