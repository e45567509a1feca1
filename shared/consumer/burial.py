"""Where messages go that cannot be handled: kept with the reason, so that somebody can look and try again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import NAMESPACE_OID, UUID, uuid5

import amqp
import msgspec
from sqlalchemy.orm import Session

from shared import broker
from shared.consumer.connection import TROUBLE, connect
from shared.consumer.passing import Passing
from shared.db import Database, bulk_upsert, utcnow
from shared.outbox import Message
from shared.tables import dead_letters

LONGEST_ERROR = 2000
CONFIRM_S = 10


class Reason(StrEnum):
    UNREADABLE = "unreadable"
    FAILED = "handler failed"
    DEADLY = "kills the process"


class Bury(Protocol):
    """Keeps a message for good before it returns. Raises Passing if it cannot at the moment."""

    def __call__(self, message: Message, reason: Reason, error: str) -> None: ...


class InTable:
    """Buries into the service's own table `dead_letters`, where there is no broker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, message: Message, reason: Reason, error: str) -> None:
        with self._database.transaction() as session:
            _keep(session, message, f"{reason}: {shortened(error)}", utcnow())


def _keep(session: Session, message: Message, reason: str, now: datetime) -> None:
    event_id = event_id_of(message.raw)
    bulk_upsert(
        session,
        dead_letters,
        ("id", "event_id", "name", "body", "reason", "failed_at"),
        [(letter_id(message.raw), event_id, message.name, message.raw, reason, now)],
        key=("id",),
        update=("reason", "failed_at"),
    )


class _Id(msgspec.Struct):
    id: UUID


def event_id_of(raw: bytes) -> UUID | None:
    """Return the event's id as far as the bytes can be read at all."""
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def letter_id(raw: bytes) -> UUID:
    """Return what a dead letter is called: the event's id, else one made of its bytes.

    So the same message buried twice (a crash in between) is one dead letter.
    """
    return event_id_of(raw) or uuid5(NAMESPACE_OID, raw.hex())


def shortened(error: str) -> str:
    """Return the error in a form that every table and message header takes."""
    return error.encode("utf-8", "replace").decode().replace("\0", "�")[:LONGEST_ERROR]


class InQueue:
    """Buries into `<service>.dead`, confirmed, on a connection of its own, opened when needed."""

    def __init__(self, service: str, broker_url: str) -> None:
        self._queue = broker.dead(service)
        self._url = broker_url
        self._connection: Any = None

    def __call__(self, message: Message, reason: Reason, error: str) -> None:
        headers = {
            "reason": str(reason),
            "error": shortened(error),
            "failed-at": utcnow().isoformat(),
            "original-routing-key": message.name,
        }
        try:
            if self._connection is None:
                self._connection = connect(self._url, heartbeat_s=0, confirm=True)
                broker.declare(self._connection.default_channel)
            self._connection.default_channel.basic_publish_confirm(
                amqp.Message(
                    message.raw,
                    content_type=broker.CONTENT_TYPE,
                    delivery_mode=2,
                    application_headers=headers,
                ),
                exchange="",
                routing_key=self._queue,
                mandatory=True,
                confirm_timeout=CONFIRM_S,
            )
        except TROUBLE as trouble:
            # A late confirm would be taken for that of the next message: never use it again.
            self.close()
            raise Passing(f"{self._queue} takes nothing: {type(trouble).__name__}") from trouble

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*TROUBLE):
                connection.close()
