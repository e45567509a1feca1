"""Looking at messages that could not be handled, and trying them again or dropping them.

With a broker they wait in `<service>.dead`, without one in the service's table `dead_letters`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import amqp
from sqlalchemy import delete, select

from shared import broker
from shared.config import Settings
from shared.consumer import Handler, Subscriber, burial
from shared.consumer.burial import CONFIRM_S, Reason, event_id_of, letter_id
from shared.consumer.connection import body_of, connect
from shared.db import Database
from shared.events import Event
from shared.outbox import Message
from shared.tables import dead_letters

Wanted = Callable[[UUID], bool]


class DeadLetter(NamedTuple):
    """`id` is the event's id where it can be read."""

    id: UUID
    name: str
    reason: str
    failed_at: datetime | None
    raw: bytes

    @property
    def event_id(self) -> UUID | None:
        return event_id_of(self.raw)


Letters = list[DeadLetter]


class DeadLetters(Protocol):
    """One service's dead letters. `ids` None means all."""

    def list(self, limit: int = 100) -> Letters:
        """Return the oldest."""

    def show(self, letter: UUID) -> DeadLetter | None: ...

    def retry(self, ids: Collection[UUID] | None = None) -> int:
        """Give them to the service once more. Return how many; what fails again is buried again."""

    def drop(self, ids: Collection[UUID] | None = None) -> int:
        """Throw them away for good. Return how many."""


def dead_letters_of(
    settings: Settings, database: Database, handlers: Mapping[type[Event], Handler]
) -> DeadLetters:
    """Return the dead letters of the service that `settings` belongs to."""
    if settings.broker_url is None:
        return InTable(settings.service, database, handlers)
    return InQueue(settings.service, settings.broker_url)


def _wanted(ids: Collection[UUID] | None) -> Wanted:
    return (lambda _: True) if ids is None else frozenset(ids).__contains__


class InQueue:
    """Dead letters on the broker. Looking takes them off the queue and puts them back."""

    def __init__(self, service: str, broker_url: str) -> None:
        self._service = service
        self._url = broker_url

    def list(self, limit: int = 100) -> Letters:
        with self._channel() as channel:
            return [_letter(message) for message in self._take(channel, limit)]

    def show(self, letter: UUID) -> DeadLetter | None:
        with self._channel() as channel:
            return next(
                (_letter(m) for m in self._take(channel) if letter_id(body_of(m)) == letter), None
            )

    def retry(self, ids: Collection[UUID] | None = None) -> int:
        def give_back(channel: Any, message: Any) -> None:
            channel.basic_publish_confirm(
                amqp.Message(body_of(message), content_type=broker.CONTENT_TYPE, delivery_mode=2),
                exchange="",
                routing_key=self._service,
                mandatory=True,
                confirm_timeout=CONFIRM_S,
            )

        return self._each(_wanted(ids), give_back)

    def drop(self, ids: Collection[UUID] | None = None) -> int:
        return self._each(_wanted(ids), lambda _channel, _message: None)

    def _each(self, wanted: Wanted, do: Callable[[Any, Any], None]) -> int:
        done = 0
        with self._channel() as channel:
            for message in self._take(channel):
                if wanted(letter_id(body_of(message))):
                    do(channel, message)
                    channel.basic_ack(message.delivery_tag)
                    done += 1
        return done

    def _take(self, channel: Any, limit: int | None = None) -> Iterator[Any]:
        """Yield what waits now. What is not acknowledged goes back when the channel is closed."""
        queue = broker.dead(self._service)
        count = channel.queue_declare(queue, passive=True).message_count
        for _ in range(count if limit is None else min(count, limit)):
            message = channel.basic_get(queue)
            if message is None:
                return
            yield message

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        with closing(connect(self._url, heartbeat_s=0, confirm=True)) as connection:
            broker.declare(connection.default_channel)
            yield connection.default_channel


def _letter(message: Any) -> DeadLetter:
    headers = message.headers or {}
    name = headers.get("original-routing-key")
    reason = ": ".join(filter(None, (headers.get("reason"), headers.get("error"))))
    at = headers.get("failed-at")
    for death in (headers.get("x-death") or [])[:1]:  # buried by the broker itself
        name = name or death["routing-keys"][0]
        reason = reason or f"broker: {death['reason']}"
    raw = body_of(message)
    failed_at = datetime.fromisoformat(at) if at else None
    return DeadLetter(letter_id(raw), name or "", reason, failed_at, raw)


class InTable:
    """Dead letters in the database."""

    def __init__(
        self, service: str, database: Database, handlers: Mapping[type[Event], Handler]
    ) -> None:
        self._database = database
        self._failed_again = False
        self._subscriber = Subscriber(service, database, handlers, bury=self._bury_again)

    def list(self, limit: int = 100) -> Letters:
        return self._read(None, limit)

    def show(self, letter: UUID) -> DeadLetter | None:
        return next(iter(self._read([letter], 1)), None)

    def retry(self, ids: Collection[UUID] | None = None) -> int:
        letters = self._read(ids, None)
        for letter in letters:
            self._failed_again = False
            self._subscriber.process([Message(0, letter.id, letter.name, letter.raw)])
            if not self._failed_again:
                self.drop([letter.id])
        return len(letters)

    def drop(self, ids: Collection[UUID] | None = None) -> int:
        statement = delete(dead_letters)
        if ids is not None:
            statement = statement.where(dead_letters.c.id.in_(ids))
        with self._database.transaction() as session:
            result: Any = session.execute(statement)
            return int(result.rowcount)

    def _bury_again(self, message: Message, reason: Reason, error: str) -> None:
        self._failed_again = True
        burial.InTable(self._database)(message, reason, error)

    def _read(self, ids: Collection[UUID] | None, limit: int | None) -> Letters:
        statement = (
            select(
                dead_letters.c.id,
                dead_letters.c.name,
                dead_letters.c.reason,
                dead_letters.c.failed_at,
                dead_letters.c.body,
            )
            .order_by(dead_letters.c.failed_at)
            .limit(limit)
        )
        if ids is not None:
            statement = statement.where(dead_letters.c.id.in_(ids))
        with self._database.reading() as session:
            return [DeadLetter(*row) for row in session.execute(statement)]
