"""One relay at a time sends a database's events: that keeps their order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from shared.db import Database

LOCK_KEY = 5_746_002
"""An advisory lock is per database, and each service has its own: one number serves all."""

# Trying again and again, not waiting inside the lock call: a statement that waits for hours keeps the
# database from cleaning up behind it.
RETRY_S = 0.2


class Lead:
    """The right to send. On PostgreSQL it falls with `connection` (in autocommit): work on that one."""

    def __init__(self, connection: Connection | None) -> None:
        self.connection = connection

    def check(self) -> None:
        """Raise if it is lost."""
        if self.connection is not None:
            self.connection.exec_driver_sql("SELECT 1")


@contextmanager
def leadership(
    database: Database, stop: threading.Event, beat: Callable[[], None]
) -> Iterator[Lead | None]:
    """Wait until this process is the only relay of the database, or until `stop` (then None).

    A leader that died is followed within `RETRY_S`.
    """
    if database.dialect == "sqlite":
        yield Lead(None)  # one process owns the file
        return
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield Lead(connection) if _acquired(connection, stop, beat) else None
    finally:
        connection.detach()  # the lock must not go back into the pool
        connection.close()


def _acquired(connection: Connection, stop: threading.Event, beat: Callable[[], None]) -> bool:
    # A leader that is cut off must lose its lock in half a minute, not in the two hours of TCP's default.
    for setting, value in (("idle", 10), ("interval", 5), ("count", 3)):
        connection.exec_driver_sql(f"SET tcp_keepalives_{setting} = {value}")
    while not stop.is_set():
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK_KEY})").scalar():
            return True
        beat()
        stop.wait(RETRY_S)
    return False
