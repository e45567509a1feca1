"""Carries a service's events from its outbox to the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import structlog
from pika.exceptions import AMQPError

from shared import metrics
from shared.backoff import Backoff
from shared.consumer.subscriber import place_of
from shared.db import Database
from shared.outbox import CHANNEL
from shared.relay.leader import leadership
from shared.relay.publisher import BrokerTrouble, Publisher
from shared.relay.rows import OutboxRows

log = structlog.get_logger(__name__)

WAIT_S = 30.0


class Relay:
    """Publishes every event at least once, oldest first; a row goes only after the broker's confirm.

    Any number of replicas may run; one of them sends, and another takes over when it dies.
    """

    def __init__(self, service: str, database: Database, broker_url: str) -> None:
        self._service = service
        self._database = database
        self._url = broker_url
        self._figures = metrics.Sending(service)
        self._publisher: Publisher | None = None
        self._lock = threading.Lock()
        self.seen_alive = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, whatever happens to the database or the broker."""
        backoff = Backoff()
        with self._woken(stop):
            while not stop.is_set():
                self._beat()
                try:
                    self._publish(stop, backoff)
                except Exception as error:  # noqa: BLE001 - the relay never gives up
                    self._figures.interrupted()
                    log.warning("relay begins anew", service=self._service, cause=_cause(error))
                    backoff.wait(stop)

    def _publish(self, stop: threading.Event, backoff: Backoff) -> None:
        with leadership(self._database, stop, self._beat) as lead:
            if lead is None:
                return
            rows = OutboxRows(self._database, lead)

            def settle(ids: list[int]) -> None:
                rows.forget(ids)
                backoff.reset()
                self._figures.published(len(ids))

            with closing(
                Publisher(
                    self._url, next_rows=rows.oldest, settle=settle, beat=self._beat, stop=stop
                )
            ) as publisher:
                with self._lock:
                    self._publisher = publisher
                try:
                    publisher.run()
                finally:
                    with self._lock:
                        self._publisher = None

    def _beat(self) -> None:
        self.seen_alive = time.monotonic()

    @contextmanager
    def _woken(self, stop: threading.Event) -> Iterator[None]:
        """Tell the publisher of each commit that brings events, from a thread that can wait for it."""
        waker = self._database.waker(CHANNEL)

        def listen() -> None:
            while not stop.is_set():
                if waker.wait(WAIT_S):
                    with self._lock:
                        if self._publisher is not None:
                            self._publisher.wake()
            waker.close()

        thread = threading.Thread(target=listen, name=f"{self._service} outbox", daemon=True)
        thread.start()
        try:
            yield
        finally:
            waker.interrupt()
            thread.join(timeout=2)


def _cause(error: Exception) -> str:
    told = isinstance(error, BrokerTrouble | AMQPError)
    return f"{type(error).__name__}: {error}" if told else place_of(error)
