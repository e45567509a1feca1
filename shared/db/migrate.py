"""Bringing a service's schema up to date, safely with many replicas at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

ROOT = Path(__file__).resolve().parents[2]
LOCK_KEY = 5_746_001
"""An advisory lock is per database, and each service has its own: one number serves all."""


def upgrade(engine: Engine, service: str) -> None:
    """Run the migrations of `services/<service>/migrations` that this database has not seen yet."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations"))
    with _one_at_a_time(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[Connection]:
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with engine.connect() as connection:
                yield connection
        return
    with engine.connect() as connection:
        # A session lock: migrations may commit in between.
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK_KEY})"))
        connection.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            connection.execute(text(f"SELECT pg_advisory_unlock({LOCK_KEY})"))
            connection.commit()
            connection.invalidate()  # with the settings above it does not belong into the pool
