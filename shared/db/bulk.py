"""Many rows in one statement: COPY on PostgreSQL, multi-row VALUES on SQLite.

The ORM makes some thousand rows a second; these functions make ten times that. They are for the paths that
carry imports and event batches.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from shared.db import binary
from shared.db.types import UtcDateTime

FEW = 20
"""Up to this many rows are sent as parameters of one statement: cheaper than a COPY's round trips."""

PARAMETERS = 30_000
"""SQLite takes 32,766 parameters in one statement."""

Values = Sequence[Any]
Returned = tuple[Any, ...]


def bulk_insert(
    session: Session, table: Table, columns: Sequence[str], rows: Iterable[Values]
) -> None:
    """Insert the rows; `rows` gives each row's values in the order of `columns`.

    Raises IntegrityError as a plain INSERT would.
    """
    rows = list(rows)
    if not rows:
        return
    session.flush()
    if _is_postgresql(session) and len(rows) > FEW:
        _copy(session, _quoted(session, table.name), table, columns, rows)
    else:
        _insert(session, table, columns, rows, "", ())


def bulk_upsert(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Values],
    *,
    key: Sequence[str],
    update: Sequence[str] | None = None,
    set_: Mapping[str, str] | None = None,
    where: str | None = None,
    returning: Sequence[str] = (),
) -> list[Returned]:
    """Insert the rows, or update those whose `key` exists.

    `update` names the columns that a stored row takes over from the incoming one (None: all but the key; an
    empty sequence: none, the stored row stays). `set_` gives SQL for further columns and `where` a condition
    for updating; both write `new.` for the incoming and `old.` for the stored row. Within `rows` a key stands
    only once. Returns `returning` of each row that was inserted or updated.
    """
    rows = list(rows)
    if not rows:
        return []
    session.flush()
    conflict = _conflict(session, columns, key, update, set_ or {}, where)
    if _is_postgresql(session) and len(rows) > FEW:
        return _merge(session, table, columns, rows, conflict, returning)
    return _insert(session, table, columns, rows, conflict, returning)


def _conflict(
    session: Session,
    columns: Sequence[str],
    key: Sequence[str],
    update: Sequence[str] | None,
    set_: Mapping[str, str],
    where: str | None,
) -> str:
    if update is None:
        update = [c for c in columns if c not in key and c not in set_]
    changes = {c: f"excluded.{_quoted(session, c)}" for c in update}
    changes |= {c: _sided(sql) for c, sql in set_.items()}
    target = ", ".join(_quoted(session, c) for c in key)
    if not changes:
        return f" ON CONFLICT ({target}) DO NOTHING"
    sets = ", ".join(f"{_quoted(session, c)} = {sql}" for c, sql in changes.items())
    condition = f" WHERE {_sided(where)}" if where else ""
    return f" ON CONFLICT ({target}) DO UPDATE SET {sets}{condition}"


def _sided(sql: str) -> str:
    return re.sub(r"\bnew\.", "excluded.", sql)


def _insert(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    conflict: str,
    returning: Sequence[str],
) -> list[Returned]:
    """INSERT ... VALUES with one parameter per value."""
    converters = _converters(session, table, columns)
    rows = [_converted(row, converters) for row in rows]
    mark = "%s" if _is_postgresql(session) else "?"
    one = "(" + ", ".join([mark] * len(columns)) + ")"
    head = f"INSERT INTO {_quoted(session, table.name)} AS old ({_names(session, columns)}) VALUES "
    connection = session.connection()
    if not returning and not _is_postgresql(session):
        connection.exec_driver_sql(head + one + conflict, [tuple(r) for r in rows])
        return []
    result: list[Returned] = []
    size = max(1, PARAMETERS // len(columns))
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        result += _execute(
            session, table, head + ", ".join([one] * len(some)) + conflict, some, returning
        )
    return result


def _merge(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    conflict: str,
    returning: Sequence[str],
) -> list[Returned]:
    """COPY into a temporary table of this connection, then one INSERT ... SELECT."""
    names = _names(session, columns)
    shape = hashlib.blake2s(f"{table.name} {names}".encode(), digest_size=6).hexdigest()
    incoming = f"incoming_{shape}"
    session.execute(
        text(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS AS "
            f"SELECT {names} FROM {_quoted(session, table.name)} WITH NO DATA"
        )
    )
    used: set[str] = session.info.setdefault("incoming", set())
    if incoming in used:
        session.execute(text(f"TRUNCATE {incoming}"))
    used.add(incoming)
    _copy(session, incoming, table, columns, rows)
    merge = (
        f"INSERT INTO {_quoted(session, table.name)} AS old ({names})"
        f" SELECT {names} FROM {incoming}{conflict}"
    )
    return _execute(session, table, merge, (), returning)


def _execute(
    session: Session,
    table: Table,
    sql: str,
    rows: Sequence[Values],
    returning: Sequence[str],
) -> list[Returned]:
    """Run the statement as the driver knows it: SQLAlchemy's own binding costs 100 µs a row."""
    parameters = tuple(value for row in rows for value in row)
    if not returning:
        session.connection().exec_driver_sql(sql, parameters)
        return []
    result = session.connection().exec_driver_sql(
        f"{sql} RETURNING {_names(session, returning)}", parameters
    )
    readers = _readers(session, table, returning)
    if not any(readers):
        return [tuple(row) for row in result.fetchall()]
    return [tuple(_converted(row, readers)) for row in result.fetchall()]


def _copy(
    session: Session, target: str, table: Table, columns: Sequence[str], rows: Sequence[Values]
) -> None:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    command = f"COPY {target} ({_names(session, columns)}) FROM STDIN"
    try:
        packers = None
        if not any(_has_own_form(table.c[column].type) for column in columns):
            packers = binary.packers(session.connection().engine, driver, table.name, columns)
        if packers is None:
            converters = _converters(session, table, columns)
            with driver.cursor() as cursor, cursor.copy(command) as copy:
                for row in rows:
                    copy.write_row(_converted(row, converters))
        else:
            with driver.cursor() as cursor, cursor.copy(f"{command} (FORMAT BINARY)") as copy:
                for block in binary.blocks(rows, packers):
                    copy.write(block)
    except struct.error as error:
        raise DataError(command, None, error) from error  # a number that its column cannot hold
    except psycopg.Error as error:
        # The same errors as from any other statement: IntegrityError, OperationalError, ...
        raise DBAPIError.instance(command, None, error, psycopg.Error) from error


def _has_own_form(kind: Any) -> bool:
    return isinstance(kind, TypeDecorator) and not isinstance(kind, UtcDateTime)


Converter = Callable[[Any], Any]


Converters = Sequence[tuple[int, Converter]]
"""The positions whose values need converting, and how. Most columns need none: those cost nothing."""


def _converters(session: Session, table: Table, columns: Sequence[str]) -> Converters:
    """How each column's Python value becomes what the driver stores."""
    dialect = session.get_bind().dialect
    found = [table.c[c].type.dialect_impl(dialect).bind_processor(dialect) for c in columns]
    return [(i, converter) for i, converter in enumerate(found) if converter is not None]


def _readers(session: Session, table: Table, columns: Sequence[str]) -> Converters:
    """How what the driver gives becomes each column's Python value."""
    dialect = session.get_bind().dialect
    found = [table.c[c].type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
    return [(i, converter) for i, converter in enumerate(found) if converter is not None]


def _converted(row: Values, converters: Converters) -> list[Any]:
    values = list(row)
    for i, converter in converters:
        if values[i] is not None:
            values[i] = converter(values[i])
    return values


def _names(session: Session, columns: Sequence[str]) -> str:
    return ", ".join(_quoted(session, c) for c in columns)


def _quoted(session: Session, name: str) -> str:
    return session.get_bind().dialect.identifier_preparer.quote(name)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
