"""Telling what passes by itself (database away, locked, full) from a fault in a message or in the code."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import exc

# Classes of SQLSTATE: connection, rollback for concurrency, resources, object in use, operator, system.
PASSING_STATES = ("08", "40", "53", "55", "57", "58", "25006")
PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
    }
)


class Passing(Exception):
    """The messages could not be handled now, through no fault of theirs. Try again later."""


def passes(error: BaseException) -> bool:
    """Return True if the same work may well succeed later."""
    if isinstance(error, Passing | exc.TimeoutError):  # the latter: no free connection in the pool
        return True
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or _passes(error.orig)
    return _passes(error)


def _passes(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        # SQLite also calls a missing column an OperationalError: the code decides.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in PASSING_SQLITE
    if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
        return cause.sqlstate.startswith(PASSING_STATES)
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)  # no answer at all
