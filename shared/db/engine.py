"""Opening a service's database and its transactions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.db import wakers
from shared.db.migrate import upgrade

BUSY_TIMEOUT_MS = 15_000
IDLE_S = 1.0
POSTGRES_OPTIONS = (
    "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=120s "
    "-c idle_in_transaction_session_timeout=300s "
    # Compiling a plan takes longer than the queries here that PostgreSQL thinks are worth it.
    "-c jit=off "
    # Data lie in memory or on an SSD: for disks that turn, whole tables are read where an index is quicker.
    "-c random_page_cost=1.1 "
    # A plan made for a prepared statement while its table was small reads the whole table ever after.
    "-c plan_cache_mode=force_custom_plan"
)


class Database:
    """One service's own database. Safe to share between threads, not across a fork."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = url
        self.info: dict[str, Any] = {}
        """What a service wants its sessions to know (`Session.info`)."""
        backend = make_url(url).get_backend_name()
        if backend not in ("postgresql", "sqlite"):
            raise ValueError(
                f"DATABASE_URL must start with postgresql:// or sqlite://, not {backend}://"
            )
        self.dialect: Literal["postgresql", "sqlite"] = backend  # type: ignore[assignment]
        self.engine = _sqlite(url) if backend == "sqlite" else _postgresql(url, pool_size)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction that writes: committed at the end, rolled back if anything is raised.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a lock taken later would fail at once
        instead of waiting its turn.
        """
        with Session(self.engine, expire_on_commit=False, info=self.info) as session:
            with session.begin():
                yield session
            wakers.wake_local(self.url, session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads and never makes a writer wait."""
        with (
            self.engine.connect().execution_options(read_only=True) as connection,
            Session(connection, expire_on_commit=False, autoflush=False, info=self.info) as session,
        ):
            yield session

    @contextmanager
    def glancing(self) -> Iterator[Session]:
        """A few quick questions that need not agree with each other: `reading` with fewer round trips."""
        if self.dialect == "sqlite":
            with self.reading() as session:
                yield session
            return
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with (
            connection,
            Session(connection, expire_on_commit=False, autoflush=False, info=self.info) as session,
        ):
            yield session

    def migrate(self, service: str) -> None:
        """Bring the schema up to date. Any number of processes may do this at the same time."""
        upgrade(self.engine, service)

    def waker(self, channel: str) -> wakers.Waker:
        """Return something to wait on until a transaction that called `wake(session, channel)` commits."""
        if self.dialect == "sqlite":
            return wakers.LocalWaker(self.url, channel)
        return wakers.PostgresWaker(self.url, channel)

    def dispose(self) -> None:
        self.engine.dispose()


def _json(value: Any) -> str:
    """Return the value as JSON, in a fifth of the time that Python's own module takes."""
    return msgspec.json.encode(value).decode()


def _postgresql(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        json_serializer=_json,
        json_deserializer=msgspec.json.decode,
        connect_args={
            "options": POSTGRES_OPTIONS,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )

    @event.listens_for(engine, "checkin")
    def seen(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["seen"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        # One that was at work a moment ago need not be asked whether it is alive.
        if time.monotonic() - entry.info.get("seen", time.monotonic()) > IDLE_S:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise InvalidatePoolError from error

    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_timeout=15,
        json_serializer=_json,
        json_deserializer=msgspec.json.decode,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling lets reads run outside of transactions: lost updates.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
