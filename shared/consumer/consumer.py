"""Takes messages from the broker, many at a time when many wait, and acknowledges after the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog

from shared import broker, metrics
from shared.backoff import Backoff
from shared.consumer.burial import InQueue
from shared.consumer.connection import Incoming, body_of
from shared.consumer.passing import Passing
from shared.consumer.subscriber import Handler, Subscriber, place_of
from shared.crashpoints import crashpoint
from shared.db import Database
from shared.events import Event
from shared.outbox import Message

log = structlog.get_logger(__name__)

PREFETCH = 1000
BATCH = 500
IDLE_S = 0.5
DEPTHS_EVERY_S = 15.0
NOBODY = UUID(int=0)


class Consumer:
    """Handles the messages of one service's queue, in their order, until it is told to stop.

    A message is acknowledged when it is handled or buried, never because something failed.
    """

    def __init__(
        self,
        service: str,
        database: Database,
        broker_url: str,
        handlers: Mapping[type[Event], Handler],
    ) -> None:
        self._service = service
        self._url = broker_url
        self._bury = InQueue(service, broker_url)
        self._subscriber = Subscriber(service, database, handlers, bury=self._bury)
        self._figures = metrics.Handling(service)
        self._depths_at = 0.0
        self.seen_alive = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, whatever happens to the database or the broker."""
        backoff = Backoff()
        while not stop.is_set():
            self.seen_alive = time.monotonic()
            try:
                with _receiving(self._url, self._service) as incoming:
                    backoff.reset()
                    self._receive(incoming, stop)
            except Exception as error:  # noqa: BLE001 - the consumer never gives up
                log.warning("consumer begins anew", service=self._service, cause=place_of(error))
                backoff.wait(stop)
        self._bury.close()

    def _receive(self, incoming: Incoming, stop: threading.Event) -> None:
        while not stop.is_set():
            self.seen_alive = time.monotonic()
            batch = incoming.take(BATCH, IDLE_S)
            if not batch:
                self._figures.idle()
                self._note_depths(incoming)
            elif self._handle(incoming, batch, stop):
                incoming.acknowledge(batch[-1])
                crashpoint("consumer.after_ack")

    def _handle(self, incoming: Incoming, batch: Sequence[Any], stop: threading.Event) -> bool:
        """Handle the batch, for as long as it takes. False if `stop` came first."""
        backoff = Backoff(first_s=0.2, longest_s=30.0)
        while not stop.is_set():
            try:
                for redelivered, some in groupby(batch, _redelivered):
                    self._subscriber.process([_message(m) for m in some], suspicious=redelivered)
            except Exception as error:  # noqa: BLE001 - nothing is acknowledged because it failed
                cause = str(error) if isinstance(error, Passing) else place_of(error)
                log.warning("messages wait for another try", service=self._service, cause=cause)
                self._pause(incoming, backoff.next(), stop)
            else:
                return True
        return False

    def _pause(self, incoming: Incoming, seconds: float, stop: threading.Event) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not stop.is_set():
            self.seen_alive = time.monotonic()
            incoming.stay(min(left, IDLE_S))
            stop.wait(0.01)  # arriving messages end a stay early

    def _note_depths(self, incoming: Incoming) -> None:
        if time.monotonic() - self._depths_at < DEPTHS_EVERY_S:
            return
        self._depths_at = time.monotonic()
        waiting, dead = (
            incoming.channel.queue_declare(queue, passive=True).message_count
            for queue in (self._service, broker.dead(self._service))
        )
        metrics.queue_depths(self._service, waiting=waiting, dead=dead)


@contextmanager
def _receiving(url: str, queue: str) -> Iterator[Incoming]:
    incoming = Incoming(url, queue, prefetch=PREFETCH)
    try:
        yield incoming
        incoming.close()
    except BaseException:
        incoming.abandon()
        raise


def _redelivered(delivery: Any) -> bool:
    return bool(delivery.delivery_info["redelivered"])


def _message(delivery: Any) -> Message:
    return Message(0, NOBODY, delivery.delivery_info["routing_key"], body_of(delivery))
