"""The outbox as the relay reads it, on the connection that holds its lock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, select

from shared.relay.publisher import Row
from shared.tables import outbox


class OutboxRows:
    """Oldest first by id. Never "newer than the last one": a lower id may be committed later."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._postgresql = connection.dialect.name == "postgresql"

    def oldest(self, limit: int, besides: Collection[int]) -> list[Row]:
        """Return up to `limit` rows that are not in `besides`."""
        if self._postgresql:
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
        return [tuple(row) for row in self._connection.execute(query)]

    def forget(self, ids: list[int]) -> None:
        """Delete rows that are safe with everybody who hears them."""
        if self._postgresql:
            self._driver.execute("DELETE FROM outbox WHERE id = ANY(%s)", (ids,))
        else:
            self._connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
