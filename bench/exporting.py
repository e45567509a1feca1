"""Everybody with groups and attributes into a file, beside PostgreSQL and XlsxWriter with the same cells.

PostgreSQL has all tables in one database for that, and a statement written for just these columns: so the
limit is what a single program without services could do. How fast it copies a table that is the file already
is shown beside, without a bar: no export can be that.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import xlsxwriter

from bench import crowd
from bench.figures import Figure
from bench.reading import served
from services.importer.config import Settings
from services.importer.exports import parts
from services.importer.exports.actions import get_export, order_export
from services.importer.exports.run import Exports
from shared import garbage
from shared.db import Database, utcnow
from shared.testing import SECRET

ATTRIBUTES = (
    ("reisebudget", "Reisebudget", "decimal"),
    ("reisestil", "Reisestil", "choice"),
    ("letzte_reise", "Letzte Reise", "date"),
)
GROUPS = ("Stammkunden", "Firmenkunden", *(f"Reiseangebote/Ziel {i}" for i in range(198)))
AT_ONCE = 20_000
ROUNDS = 3
TABLES = {
    "customers": ("customers",),
    "groups": ("groups", "memberships", "attribute_values"),
}
BY_HAND = """
SELECT c.number, CASE WHEN c.active THEN '1' ELSE '0' END,
       to_char(c.registered_at AT TIME ZONE 'Europe/Berlin', 'DD.MM.YYYY HH24:MI:SS'), c.salutation, c.title,
       c.first_name, c.last_name, c.company, c.email, c.phone, c.mobile, c.street, c.postal_code, c.city,
       c.country, to_char(c.birthday, 'DD.MM.YYYY'), c.language, c.note,
       to_char(c.opt_in_confirmed_at AT TIME ZONE 'Europe/Berlin', 'DD.MM.YYYY HH24:MI:SS'), m.paths,
       replace(v.document ->> 'reisebudget', '.', ','), v.document ->> 'reisestil',
       to_char((v.document ->> 'letzte_reise')::date, 'DD.MM.YYYY'), c.id, c.version,
       'T' || upper(to_hex((extract(epoch FROM greatest(m.since, v.updated_at)) * 1000000)::bigint)) AS stand
FROM customers c
LEFT JOIN (SELECT customer_id, string_agg(path, ' | ' ORDER BY path_sort) AS paths, max(since) AS since
           FROM memberships JOIN groups ON groups.id = group_id GROUP BY customer_id) m
       ON m.customer_id = c.id
LEFT JOIN attribute_values v ON v.customer_id = c.id
WHERE c.erased_at IS NULL AND c.merged_into IS NULL
ORDER BY c.number
"""


def measure(postgres: Any, *, quick: bool) -> list[Figure]:
    """Fill two services' databases, and export from them."""
    with ExitStack() as stack:
        customers, groups, importer = (
            stack.enter_context(_database(postgres, service))
            for service in ("customers", "groups", "importer")
        )
        rows = 20_000 if quick else 200_000
        crowd.fill(customers, rows)
        fill_groups(customers, groups)
        settings = Settings(
            secret_key=SECRET,
            customers_url=_url(
                stack.enter_context(served("services.customers.app", customers.url))
            ),
            groups_url=_url(
                stack.enter_context(served("services.groups.app", groups.url, service="groups"))
            ),
        )
        rounds = 1 if quick else ROUNDS
        peer = stack.enter_context(_in_one(postgres, customers=customers, groups=groups))
        garbage.settle()  # as a worker does
        return [
            *_csv(settings, importer, peer, rows, rounds),
            _sheet(settings, importer, rows, rounds=1),
        ]


def fill_groups(customers: Database, groups: Database) -> None:
    """Give everybody two groups and three values."""
    with psycopg.connect(crowd.plain_url(customers)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM customers ORDER BY id")]
    now = utcnow()
    group_ids = [UUID(int=i + 1) for i in range(len(GROUPS))]
    with psycopg.connect(crowd.plain_url(groups)) as connection:
        into = connection.cursor()
        with into.copy(
            "COPY groups (id, name, path, path_hash, path_sort, description, topic, default_for, origin, "
            "version, created_at, updated_at) FROM STDIN"
        ) as copy:
            for id_, path in zip(group_ids, GROUPS, strict=True):
                copy.write_row(
                    (id_, path, path, path, path.lower(), "", False, "[]", "local", 1, now, now)
                )
        with into.copy(
            "COPY attributes (id, scope, key, label, type, required_staff, required_form, choices, help, "
            "position, origin, version, created_at, updated_at) FROM STDIN"
        ) as copy:
            for position, (key, label, kind) in enumerate(ATTRIBUTES):
                label_ = json.dumps({"de": label})
                copy.write_row(
                    (uuid4(), "customer", key, label_, kind, False, False, '["Strand"]', "", position,
                     "local", 1, now, now)
                )  # fmt: skip
        with into.copy(
            "COPY memberships (customer_id, group_id, since, by, source) FROM STDIN"
        ) as copy:
            for i, id_ in enumerate(ids):
                for group_id in {group_ids[i % 2], group_ids[2 + i % 198]}:
                    copy.write_row((id_, group_id, now, "bench", "import"))
        with into.copy(
            "COPY attribute_values (customer_id, document, version, updated_at) FROM STDIN"
        ) as copy:
            for i, id_ in enumerate(ids):
                document = {
                    "reisebudget": f"{1000 + i % 5000}.50",
                    "reisestil": "Strand",
                    "letzte_reise": f"2025-0{1 + i % 9}-1{i % 10}",
                }
                copy.write_row((id_, json.dumps(document), 1, now))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def exported(settings: Settings, database: Database, format_: str) -> tuple[float, bytes]:
    """Write everybody into a file of this kind. Returns the seconds and the file."""
    asked: dict[str, Any] = {
        "format": format_, "dialect": "excel_de", "filter": None, "selection_id": None, "active": "all",
        "columns": [], "sort": "number",
    }  # fmt: skip
    with database.transaction() as session:
        ordered = order_export(session, asked, zone=settings.timezone, by="bench", language="de")
    begun = time.perf_counter()
    Exports(settings, database).step()
    seconds = time.perf_counter() - begun
    with database.reading() as session:
        ended = get_export(session, ordered.id)
    assert ended.state == "finished", ended.failure
    return seconds, b"".join(parts.read(database, ordered.id))


def _csv(settings: Settings, importer: Database, peer: Any, rows: int, rounds: int) -> list[Figure]:
    ours, limits = [], []
    for _ in range(rounds):
        seconds, _file = exported(settings, importer, "csv")
        ours.append(rows / seconds)
        limits.append(rows / _copied(peer, f"({BY_HAND})"))
    peer.execute("DROP TABLE IF EXISTS ready")
    names = ", ".join(f"c{i}" for i in range(26))
    peer.execute(f"CREATE UNLOGGED TABLE ready ({names}) AS {BY_HAND}".encode())
    ready = [rows / _copied(peer, "ready") for _ in range(rounds)]
    name, rate = f"Export of {rows:,} customers to CSV", statistics.median(ours)
    return [
        Figure(name, rate, "rows/s", statistics.median(limits), "COPY TO of one statement", 0.25),
        Figure(name, rate, "rows/s", statistics.median(ready), "COPY TO of a table, ready made"),
    ]


def _copied(connection: Any, what: str) -> float:
    """Return the seconds to copy this out into a file."""
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        statement = f"COPY {what} TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')".encode()
        with connection.cursor().copy(statement) as copy:
            for data in copy:
                out.write(data)
        return time.perf_counter() - begun


def _sheet(settings: Settings, database: Database, rows: int, *, rounds: int) -> Figure:
    _, file = exported(settings, database, "csv")
    cells = list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=";"))
    ours, limits = [], []
    for _ in range(rounds):
        ours.append(rows / exported(settings, database, "xlsx")[0])
        limits.append(rows / _written(cells))
    return Figure(
        f"Export of {rows:,} customers to XLSX", statistics.median(ours), "rows/s",
        statistics.median(limits), "XlsxWriter, the same cells", 0.6,
    )  # fmt: skip


def _written(cells: list[list[str]]) -> float:
    """Return the seconds that XlsxWriter needs for these cells."""
    numbers = {cells[0].index(name) for name in ("Kundennummer", "Aktiv", "Version")}
    with tempfile.TemporaryDirectory() as directory:
        begun = time.perf_counter()
        book = xlsxwriter.Workbook(Path(directory) / "kunden.xlsx", {"constant_memory": True})
        sheet = book.add_worksheet()
        for line, row in enumerate(cells):
            for column, cell in enumerate(row):
                if line and column in numbers:
                    sheet.write_number(line, column, int(cell))
                elif cell:
                    sheet.write_string(line, column, cell)
        book.close()
        return time.perf_counter() - begun


@contextmanager
def _database(postgres: Any, service: str) -> Iterator[Database]:
    name = f"bench_exporting_{service}_{uuid4().hex[:8]}"
    database = Database(postgres.create_database(name))
    try:
        database.migrate(service)
        yield database
    finally:
        database.dispose()
        postgres.drop_database(name)


@contextmanager
def _in_one(postgres: Any, **databases: Database) -> Iterator[Any]:
    """Give a connection to a database that has what the export needs of both services."""
    name = f"bench_exporting_{uuid4().hex[:8]}"
    url = postgres.create_database(name)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for service, tables in TABLES.items():
                with psycopg.connect(crowd.plain_url(databases[service])) as source:
                    for table in tables:
                        _bring(source, connection, table)
            connection.execute("VACUUM ANALYZE")
            yield connection
    finally:
        postgres.drop_database(name)


def _bring(source: Any, target: Any, table: str) -> None:
    """Copy a table with its columns, without indexes: the statement reads all of it."""
    columns = source.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (table,),
    ).fetchall()
    shape = ", ".join(f'"{column}" {kind}' for column, kind in columns)
    target.execute(f"CREATE TABLE {table} ({shape})".encode())
    out = f"COPY {table} TO STDOUT (FORMAT binary)".encode()
    into = f"COPY {table} FROM STDIN (FORMAT binary)".encode()
    with source.cursor().copy(out) as read, target.cursor().copy(into) as write:
        for data in read:
            write.write(data)


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
