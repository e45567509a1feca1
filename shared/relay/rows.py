"""The outbox as the relay reads it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select

from shared.db import Database
from shared.relay.leader import Lead
from shared.relay.publisher import Row
from shared.tables import outbox


class OutboxRows:
    """Oldest first by id. Never "newer than the last one": a lower id may be committed later."""

    def __init__(self, database: Database, lead: Lead) -> None:
        self._database = database
        # On PostgreSQL everything goes through the connection that holds the lock.
        self._driver: Any = lead.connection and lead.connection.connection.driver_connection

    def oldest(self, limit: int, besides: Collection[int]) -> list[Row]:
        """Return up to `limit` rows that are not in `besides`."""
        if self._driver is not None:
            with self._driver.cursor(binary=True) as cursor:  # bodies as bytes, not as hex text
                cursor.execute(
                    "SELECT id, name, body FROM outbox WHERE id <> ALL(%s) ORDER BY id LIMIT %s",
                    (list(besides), limit),
                )
                rows: list[Row] = cursor.fetchall()
                return rows
        query = (
            select(outbox.c.id, outbox.c.name, outbox.c.body)
            .where(outbox.c.id.not_in(list(besides)))
            .order_by(outbox.c.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [row._tuple() for row in session.execute(query)]

    def forget(self, ids: list[int]) -> None:
        """Delete rows that are safe with everybody who hears them."""
        if self._driver is not None:
            self._driver.execute("DELETE FROM outbox WHERE id = ANY(%s)", (ids,))
            return
        with self._database.transaction() as session:
            session.execute(delete(outbox).where(outbox.c.id.in_(ids)))
