"""Letters in: what was handled once is not handled again.

The row is written in the transaction of the message's effects, so both are there or neither. Rows stay longer
than anybody keeps dead letters: after that, handling one again would mail people twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared.db import Database, bulk_upsert, utcnow
from shared.tables import inbox, inbox_attempts

KEEP = timedelta(days=90)
PURGE_ROWS = 1000
PURGE_PAUSE_S = 0.2

# One statement for a batch, a third of what COPY and merge take. The ids come sorted, so that two processes
# with the same events wait for each other instead of locking each other out.
RECEIVE = """
WITH given AS MATERIALIZED (SELECT unnest(%s::uuid[]) AS id),
fresh AS (
    INSERT INTO inbox (event_id, received_at) SELECT id, %s FROM given
    ON CONFLICT DO NOTHING RETURNING event_id
)
SELECT id FROM given WHERE id NOT IN (SELECT event_id FROM fresh)
"""


def receive(session: Session, event_ids: Sequence[UUID]) -> set[UUID]:
    """Write the events down as handled in this transaction. Return those that were handled before.

    Another process that handles the same event waits here until this transaction has ended.
    """
    if session.get_bind().dialect.name == "postgresql":
        rows = session.connection().exec_driver_sql(RECEIVE, (sorted(event_ids), utcnow()))
        return {row[0] for row in rows}
    now = utcnow()
    fresh = bulk_upsert(
        session,
        inbox,
        ("event_id", "received_at"),
        [(event_id, now) for event_id in event_ids],
        key=("event_id",),
        update=(),
        returning=("event_id",),
    )
    return set(event_ids).difference(row[0] for row in fresh)


def known(session: Session, event_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the events that were handled before."""
    return set(session.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(event_ids))))


def begin_attempt(session: Session, event_id: UUID) -> int:
    """Note that handling the event begins. Return how often it has begun without an end, with this time."""
    found = session.scalar(
        select(inbox_attempts.c.attempts).where(inbox_attempts.c.event_id == event_id)
    )
    if found is None:
        session.execute(insert(inbox_attempts).values(event_id=event_id, attempts=1))
        return 1
    session.execute(
        inbox_attempts.update()
        .where(inbox_attempts.c.event_id == event_id)
        .values(attempts=found + 1)
    )
    return found + 1


def end_attempts(session: Session, event_id: UUID) -> None:
    """Forget the attempts: the event was handled or buried."""
    session.execute(delete(inbox_attempts).where(inbox_attempts.c.event_id == event_id))


def purge(database: Database, stop: threading.Event, *, now: datetime | None = None) -> int:
    """Delete what is older than `KEEP`, a little at a time. Return the number of rows."""
    before = (now or utcnow()) - KEEP
    oldest = (
        select(inbox.c.event_id)
        .where(inbox.c.received_at < before)
        .order_by(inbox.c.received_at)
        .limit(PURGE_ROWS)
    )
    deleted = 0
    while not stop.is_set():
        with database.transaction() as session:
            result: Any = session.execute(delete(inbox).where(inbox.c.event_id.in_(oldest)))
        deleted += result.rowcount
        if result.rowcount < PURGE_ROWS:
            break
        stop.wait(PURGE_PAUSE_S)
    return deleted
