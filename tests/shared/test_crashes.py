"""kill -9 of relay or consumer at every named point: what was told arrives, and has its effect once."""

import pytest

from shared.consumer import Consumer
from shared.crashpoints import POINTS
from shared.db import Database
from shared.relay import Relay
from tests.shared import probe
from tests.shared.road import HANDLERS, Process, eventually, noted, numbers, running, tell, untold

COUNT = 300
TOLD = [*numbers(100), "fails", *numbers(200, start=100)]


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.mark.parametrize("at", [pytest.param("1", marks=pytest.mark.long), "2"])
@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("relay.")])
def test_the_relay_may_die_anywhere(
    point: str, at: str, followup: Database, customers: Database, broker_url: str
) -> None:
    tell(followup, *TOLD)

    with Process("relay", followup.url, broker_url, crash_at=f"{point}:{at}") as first:
        eventually(lambda: first.died)
    with running(
        Relay("followup", followup, broker_url),
        Consumer("customers", customers, broker_url, HANDLERS),
    ):
        eventually(lambda: not untold(followup))
        eventually(lambda: len(noted(customers)) >= COUNT)

    assert noted(customers) == numbers(COUNT)


@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("consumer.")])
def test_the_consumer_may_die_anywhere(
    point: str, followup: Database, customers: Database, broker_url: str
) -> None:
    tell(followup, *TOLD)
    with running(Relay("followup", followup, broker_url)):
        eventually(lambda: not untold(followup))

    with Process("consumer", customers.url, broker_url, crash_at=f"{point}:1") as first:
        eventually(lambda: first.died)
    with running(Consumer("customers", customers, broker_url, HANDLERS)):
        eventually(lambda: len(noted(customers)) >= COUNT)
        eventually(lambda: probe.depth(broker_url, "customers") == 0)
        eventually(lambda: probe.depth(broker_url, "customers.dead") >= 1)

    # A successor may begin with what the broker had not yet given to the dead one: once each, not in order.
    assert sorted(noted(customers), key=int) == numbers(COUNT)
    bodies = {body for _, _, body in probe.take(broker_url, "customers.dead")}
    assert len(bodies) == 1
