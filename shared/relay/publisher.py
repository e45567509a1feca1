"""One connection to the broker that publishes rows of the outbox and learns which of them are safe.

Confirms are matched by delivery tag. Whatever goes wrong (a refusal, an event that reaches no queue, a closed
channel) ends the connection, and the rows that were not confirmed are published again by the next one:
half-known states are not repaired but left behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Any

import pika
import structlog
from pika.exchange_type import ExchangeType

from shared import broker
from shared.crashpoints import crashpoint
from shared.relay.frames import Wire

log = structlog.get_logger(__name__)

Row = tuple[int, str, bytes]
"""Outbox id, event name, CloudEvents document."""

BATCH = 1000
TICK_S = 0.2
POLL_S = 5.0
"""The outbox is looked at so often even if nobody says that something is there."""
CLOSE_S = 5.0
BLOCKED_S = 60.0


class BrokerTrouble(Exception):
    """The connection is of no use any more."""


class Publisher:
    """Publishes what `next_rows` gives and calls `settle` with what is safe, until `stop`. Use it once.

    `next_rows(limit, besides)` returns the oldest rows without those in `besides`, which are under way.
    """

    def __init__(
        self,
        url: str,
        *,
        next_rows: Callable[[int, Collection[int]], list[Row]],
        settle: Callable[[list[int]], None],
        beat: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        self._next_rows = next_rows
        self._settle = settle
        self._beat = beat
        self._stop = stop
        self._connection = pika.SelectConnection(
            _parameters(url),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._declare),
            on_open_error_callback=lambda _, error: self._end(error),
            on_close_callback=lambda _, error: self._end(error),
        )
        self._loop = self._connection.ioloop
        self._wire: Wire
        self._tag = 0
        self._unconfirmed: dict[int, int] = {}
        self._confirmed: list[int] = []
        # One row first: a broker that takes nothing shall not get a thousand copies at every attempt.
        self._room = 1
        self._more = True
        self._ready = self._blocked = self._closing = self._woken = False
        self._polled = self._stopping = 0
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Publish until `stop`. Raises what ended it before."""
        self._loop.call_later(TICK_S, self._tick)
        try:
            self._loop.start()
        finally:
            self._closing = True
            self._forget_confirmed()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._loop.close()

    def wake(self) -> None:
        """There is something to send. May be called from any thread."""
        if not self._woken:
            self._woken = True
            self._loop.add_callback_threadsafe(self._on_wake)

    def _on_wake(self) -> None:
        self._woken = False
        self._more = True
        self._pump()

    def _tick(self) -> None:
        self._loop.call_later(TICK_S, self._tick)
        self._beat()
        if self._stop.is_set() and not self._closing:
            # Confirms on their way are worth a moment; a blocked broker sends none.
            self._stopping += 1
            if not self._unconfirmed or self._stopping * TICK_S >= CLOSE_S:
                self._close(None)
        self._polled += 1
        if self._polled * TICK_S >= POLL_S:
            self._polled = 0
            self._on_wake()

    # Opening: everything that listeners need exists before the first event goes out.

    def _declare(self, channel: Any) -> None:
        self._wire = Wire(self._connection, channel)
        channel.add_on_close_callback(lambda _, error: self._close(error))
        channel.add_on_return_callback(self._on_return)
        self._connection.add_on_connection_blocked_callback(lambda *_: self._on_blocked(True))
        self._connection.add_on_connection_unblocked_callback(lambda *_: self._on_blocked(False))
        channel.exchange_declare(broker.EXCHANGE, ExchangeType.topic, durable=True)
        for queue in broker.queues():
            channel.queue_declare(queue, durable=True, arguments=broker.QUEUE_ARGUMENTS)
        for queue, key in broker.bindings():
            channel.queue_bind(queue, broker.EXCHANGE, key)
        channel.confirm_delivery(self._on_confirm, callback=self._on_ready)

    def _on_ready(self, _frame: Any) -> None:
        self._ready = True
        self._pump()

    def _on_blocked(self, blocked: bool) -> None:
        log.warning("broker takes nothing" if blocked else "broker takes events again")
        self._blocked = blocked
        self._pump()

    # Publishing: the next batch is fetched and sent while the confirms of the one before are on their way.

    def _pump(self) -> None:
        if not self._ready or self._blocked or self._closing or self._stop.is_set():
            return
        try:
            self._forget_confirmed()
            while self._more and len(self._unconfirmed) < self._room:
                rows = self._next_rows(min(self._room, BATCH), self._unconfirmed.values())
                self._more = len(rows) >= BATCH or self._room == 1
                if not rows:
                    break
                self._publish(rows)
        except Exception as error:  # noqa: BLE001 - an exception must not be lost inside the loop
            self._close(error)

    def _publish(self, rows: list[Row]) -> None:
        crashpoint("relay.before_publish")
        self._wire.publish((name, body) for _, name, body in rows)
        for row_id, _, _ in rows:
            self._tag += 1
            self._unconfirmed[self._tag] = row_id
        crashpoint("relay.after_publish")

    def _on_confirm(self, frame: Any) -> None:
        if self._failure is not None:
            return  # after a returned event, a confirm does not say that it arrived
        method = frame.method
        if not isinstance(method, pika.spec.Basic.Ack):
            self._close(BrokerTrouble("the broker refused an event"))
            return
        self._take(method.delivery_tag, method.multiple)
        crashpoint("relay.after_confirm")
        if self._room == 1:
            self._room, self._more = BATCH + 1, True
            self._pump()
        elif not self._unconfirmed or (self._more and len(self._confirmed) >= BATCH // 2):
            self._pump()
        if self._stop.is_set() and not self._unconfirmed:
            self._close(None)

    def _take(self, tag: int, multiple: bool) -> None:
        if not multiple:
            self._confirmed.append(self._unconfirmed.pop(tag))
            return
        tags = []
        for known in self._unconfirmed:  # in the order of publishing
            if known > tag:
                break
            tags.append(known)
        self._confirmed += [self._unconfirmed.pop(known) for known in tags]

    def _on_return(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        if method.routing_key in broker.HEARD:
            self._close(BrokerTrouble(f"{method.routing_key} reaches no queue"))

    def _forget_confirmed(self) -> None:
        if self._confirmed:
            confirmed, self._confirmed = self._confirmed, []
            self._settle(confirmed)
            crashpoint("relay.after_delete")

    # Ending

    def _close(self, failure: BaseException | None) -> None:
        """Close the connection, politely for a moment, and end the loop."""
        if self._closing:
            return
        self._closing = True
        self._failure = failure
        self._loop.call_later(CLOSE_S if failure is None else 1.0, self._loop.stop)
        if self._connection.is_open:
            self._connection.close()
        elif self._connection.is_closed:
            self._loop.stop()

    def _end(self, error: BaseException) -> None:
        if not self._closing:
            self._closing = True
            self._failure = error
        self._loop.stop()


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.virtual_host = parameters.virtual_host or "/"  # the others read "amqp://host//" so
    parameters.heartbeat = 15
    parameters.socket_timeout = 5
    parameters.stack_timeout = 10
    parameters.connection_attempts = 1
    parameters.blocked_connection_timeout = BLOCKED_S
    return parameters
