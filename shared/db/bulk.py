"""Many rows in one statement: COPY on PostgreSQL, multi-row VALUES on SQLite.

The ORM makes some thousand rows a second; these functions make ten times that. They are for the paths that
carry imports and event batches.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

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
    return [tuple(_converted(row, readers)) for row in result]


def _copy(
    session: Session, target: str, table: Table, columns: Sequence[str], rows: Sequence[Values]
) -> None:
    converters = _converters(session, table, columns)
    plain = not any(converters)
    driver = session.connection().connection.driver_connection
    assert driver is not None
    command = f"COPY {target} ({_names(session, columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row if plain else _converted(row, converters))
    except psycopg.Error as error:
        # The same errors as from any other statement: IntegrityError, OperationalError, ...
        raise DBAPIError.instance(command, None, error, psycopg.Error) from error


Converter = Callable[[Any], Any]


def _converters(session: Session, table: Table, columns: Sequence[str]) -> list[Converter | None]:
    """How each column's Python value becomes what the driver stores; None where it is the same."""
    dialect = session.get_bind().dialect
    return [table.c[c].type.dialect_impl(dialect).bind_processor(dialect) for c in columns]


def _readers(session: Session, table: Table, columns: Sequence[str]) -> list[Converter | None]:
    """How what the driver gives becomes each column's Python value."""
    dialect = session.get_bind().dialect
    return [table.c[c].type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]


def _converted(row: Values, converters: Sequence[Converter | None]) -> list[Any]:
    return [
        value if converter is None or value is None else converter(value)
        for value, converter in zip(row, converters, strict=True)
    ]


def _names(session: Session, columns: Sequence[str]) -> str:
    return ", ".join(_quoted(session, c) for c in columns)


def _quoted(session: Session, name: str) -> str:
    return session.get_bind().dialect.identifier_preparer.quote(name)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
