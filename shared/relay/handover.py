"""Events from one service to the others in the same process, without a broker.

The outbox is the queue: its rows stay until every subscriber has committed. A process killed at any point
hands the same events over again, and each subscriber's inbox knows which of them it has had.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog
from sqlalchemy import delete, func, select

from shared import metrics
from shared.backoff import Backoff
from shared.consumer import Passing, Subscriber
from shared.consumer.subscriber import place_of
from shared.crashpoints import crashpoint
from shared.db import Database, Waker
from shared.outbox import CHANNEL, waiting
from shared.relay.leader import leadership
from shared.tables import outbox

log = structlog.get_logger(__name__)

BATCH = 500
POLL_S = 5.0
STOP_S = 0.5


class Handover:
    """Hands the events of one service's outbox to the subscribers that hear them, in order."""

    def __init__(self, service: str, database: Database, subscribers: Sequence[Subscriber]) -> None:
        self._service = service
        self._database = database
        self._subscribers = subscribers
        self._figures = metrics.Sending(service)
        self._left_over = 0
        self.seen_alive = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. A failure that passes keeps the rows, and the pauses grow."""
        backoff = Backoff(longest_s=30.0)
        waker = self._database.waker(CHANNEL)
        while not stop.is_set():
            try:
                with leadership(self._database, stop, self._beat) as lead:
                    self._left_over = self._newest()
                    while lead is not None and not stop.is_set():
                        self._beat()
                        lead.check()
                        if not self.step():
                            _wait(waker, stop)
                        backoff.reset()
            except Exception as error:  # noqa: BLE001 - the hand-over never gives up
                self._figures.interrupted()
                cause = str(error) if isinstance(error, Passing) else place_of(error)
                log.warning("hand-over begins anew", service=self._service, cause=cause)
                backoff.wait(stop)
        waker.close()

    def step(self) -> int:
        """Hand over the oldest events. Return how many there were."""
        with self._database.reading() as session:
            messages = waiting(session, BATCH)
        if not messages:
            return 0
        crashpoint("handover.before_process")
        suspicious = messages[0].id <= self._left_over
        for subscriber in self._subscribers:
            heard = [message for message in messages if message.name in subscriber.hears]
            if heard:
                subscriber.process(heard, suspicious=suspicious)
        crashpoint("handover.after_process")
        with self._database.transaction() as session:
            session.execute(delete(outbox).where(outbox.c.id.in_([m.id for m in messages])))
        crashpoint("handover.after_delete")
        self._left_over = 0  # a batch that was survived is innocent, and so is what comes after it
        self._figures.published(len(messages))
        return len(messages)

    def _newest(self) -> int:
        """What is there before this process begins may be what ended the one before."""
        with self._database.reading() as session:
            return session.scalar(select(func.max(outbox.c.id))) or 0

    def _beat(self) -> None:
        self.seen_alive = time.monotonic()


def _wait(waker: Waker, stop: threading.Event) -> None:
    """Wait for events, at most POLL_S, and not much longer than until `stop`."""
    end = time.monotonic() + POLL_S
    while not stop.is_set() and time.monotonic() < end:
        if waker.wait(STOP_S):
            return
