"""Waking those who wait for work, at the commit that brings it: no polling delay."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Protocol
from weakref import WeakSet

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

RECONNECT_S = 1.0


class Waker(Protocol):
    """Waits for a channel. Belongs to one thread, but may be interrupted from any."""

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as the channel was woken since the last wait, False after `timeout_s`.

        A wake-up may be spurious, and one may be missed while the database is away: look at the
        tables after every return.
        """

    def interrupt(self) -> None:
        """End a wait that is under way, for instance to stop."""

    def close(self) -> None: ...


def wake(session: Session, channel: str) -> None:
    """Wake the waiters of `channel` when, and only if, this transaction commits."""
    channels: set[str] = session.info.setdefault("wake", set())
    if channel in channels:
        return
    channels.add(channel)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


_local: dict[tuple[str, str], WeakSet[LocalWaker]] = defaultdict(WeakSet)
_local_lock = threading.Lock()


def wake_local(url: str, session: Session) -> None:
    """Wake the waiters in this process after a commit."""
    for channel in session.info.get("wake", ()):
        with _local_lock:
            waiting = list(_local.get((url, channel), ()))
        for waker in waiting:
            waker.interrupt()


class LocalWaker:
    """A waker inside one process, for SQLite."""

    def __init__(self, url: str, channel: str) -> None:
        self._event = threading.Event()
        with _local_lock:
            _local[url, channel].add(self)

    def wait(self, timeout_s: float) -> bool:
        woken = self._event.wait(timeout_s)
        self._event.clear()
        return woken

    def interrupt(self) -> None:
        self._event.set()

    def close(self) -> None:
        """Nothing to close: the registry forgets what nobody holds."""


class PostgresWaker:
    """A waker across processes: LISTEN on a connection of its own."""

    # libpq cannot be interrupted while it waits for a notification, so a wait comes in short slices.
    _SLICE_S = 0.5

    def __init__(self, url: str, channel: str) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._channel = channel
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._interrupted = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while not self._interrupted.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return False
            try:
                if self._connection is None:
                    self._connection = self._listen()
                    return True  # what was told before is not told again: look once
                if self._told(min(left, self._SLICE_S)):
                    return True
            except psycopg.OperationalError:
                self.close()
                self._interrupted.wait(min(left, RECONNECT_S))
        self._interrupted.clear()
        return True

    def _told(self, timeout_s: float) -> bool:
        assert self._connection is not None
        return any(True for _ in self._connection.notifies(timeout=timeout_s, stop_after=1))

    def _listen(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5)
        connection.execute(f'LISTEN "{self._channel}"')
        return connection

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
