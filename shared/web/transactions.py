"""The transaction of an HTTP request. Only a service's `api` opens one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from sqlalchemy.orm import Session

from shared.crashpoints import crashpoint
from shared.db import Database
from shared.outbox import URGENT


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction on this app's database; inside another one it is that one.

    Urgent events are told at once after the commit.
    """
    outer: Session | None = g.get("session")
    if outer is not None:
        yield outer
        return
    with _database().transaction() as session:
        g.session = session
        try:
            yield session
            crashpoint("api.before_commit")
        finally:
            del g.session
    crashpoint("api.after_commit")
    if urgent := session.info.get(URGENT):
        current_app.extensions["express"].tell(urgent)


@contextmanager
def reading() -> Iterator[Session]:
    """A read-only transaction on this app's database."""
    with _database().reading() as session:
        yield session


@contextmanager
def glancing() -> Iterator[Session]:
    """A few quick questions to this app's database that need not agree with each other."""
    with _database().glancing() as session:
        yield session


def _database() -> Database:
    database: Database = current_app.extensions["database"]
    return database
