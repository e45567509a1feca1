"""Letters out: events are written in the transaction of the change they tell of.

Insert them after the rows they are about are locked: then the order of ids is the order of commits for each
customer or group.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.db import bulk_insert, new_id, utcnow, wake
from shared.events.base import Event, decode_envelope, encoder
from shared.tables import outbox

CHANNEL = "outbox"
URGENT = "urgent events"
"""Where a session keeps the documents of its urgent events, for `shared.express`."""


class Message(NamedTuple):
    """An event on its way: `raw` is the CloudEvents document (UTF-8 JSON) as it is sent."""

    id: int
    event_id: UUID
    name: str
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The event's data, decoded."""
        data: dict[str, Any] = msgspec.json.decode(decode_envelope(self.raw).data)
        return data


def publish(session: Session, *events: Event) -> None:
    """Write the events down in this transaction: they go out if, and only if, it commits."""
    now = utcnow()
    encode = encoder(now)
    rows = []
    for event in events:
        event_id = new_id()
        document = encode(event, event_id)
        rows.append((event_id, event.name, document, now))
        if event.urgent:
            session.info.setdefault(URGENT, []).append(document)
    if rows:
        bulk_insert(session, outbox, ("event_id", "name", "body", "created_at"), rows)
        wake(session, CHANNEL)


def waiting(session: Session, limit: int = 1000) -> list[Message]:
    """Return the oldest events that are still to go out."""
    rows = session.execute(
        select(outbox.c.id, outbox.c.event_id, outbox.c.name, outbox.c.body)
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return [Message(*row) for row in rows]
