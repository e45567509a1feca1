"""Building blocks of the tests' fixtures; tests/conftest.py puts them together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, inspect, text

from shared.auth import issue_token
from shared.config import Settings
from shared.db import Database

SECRET = "for-tests-only-3f1c9a7e5b2d80646c1f"  # noqa: S105 - it protects nothing
LEFT_ALONE = "alembic_version"


class Databases:
    """Lends a service's database, migrated once and empty each time it is lent.

    `create_postgres` makes an empty PostgreSQL database of that name and returns its URL.
    """

    def __init__(self, directory: Path, create_postgres: Callable[[str], str]) -> None:
        self._directory = directory
        self._create_postgres = create_postgres
        self._postgres: dict[str, Database] = {}
        self._seeds: dict[str, list[str]] = {}

    def lend(self, service: str, dialect: str, directory: Path) -> Database:
        """`directory`: where the file goes if `dialect` is sqlite."""
        if dialect == "sqlite":
            return self._sqlite(service, directory)
        return self._postgresql(service)

    def dispose(self) -> None:
        for database in self._postgres.values():
            database.dispose()

    def _sqlite(self, service: str, directory: Path) -> Database:
        template = self._directory / f"{service}.sqlite3"
        if not template.exists():
            draft = self._directory / f"{service}.draft"
            database = Database(f"sqlite:///{draft}")
            database.migrate(service)
            with database.engine.connect() as connection:
                # Everything into the one file that is copied.
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            database.dispose()
            draft.rename(template)
        copy = directory / f"{service}.sqlite3"
        shutil.copyfile(template, copy)
        return Database(f"sqlite:///{copy}")

    def _postgresql(self, service: str) -> Database:
        database = self._postgres.get(service)
        if database is None:
            database = Database(self._create_postgres(service))
            database.migrate(service)
            with database.engine.begin() as connection:
                self._seeds[service] = _keep_seeds(connection)
            self._postgres[service] = database
        else:
            database.dispose()  # connections of the test before, whatever state they were left in
            with database.engine.begin() as connection:
                _empty(connection, self._seeds[service])
        return database


def _tables(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_table_names() if name != LEFT_ALONE]


def _filled(connection: Connection, tables: Iterable[str]) -> list[str]:
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables
    )
    return [row[0] for row in connection.execute(text(asked))] if asked else []


def _keep_seeds(connection: Connection) -> list[str]:
    """Put the rows that migrations wrote aside, so that emptying can bring them back."""
    seeded = _filled(connection, _tables(connection))
    connection.execute(text("CREATE SCHEMA seeds"))
    for name in seeded:
        connection.execute(text(f'CREATE TABLE seeds."{name}" AS TABLE public."{name}"'))
    return seeded


def _empty(connection: Connection, seeded: list[str]) -> None:
    filled = {*_filled(connection, _tables(connection)), *seeded}
    if not filled:
        return
    names = ", ".join(f'public."{name}"' for name in sorted(filled))
    connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    for name in seeded:
        connection.execute(text(f'INSERT INTO public."{name}" SELECT * FROM seeds."{name}"'))
        for column in inspect(connection).get_columns(name):
            if column.get("identity"):
                # What the tests write is counted on from the seeds.
                sequence = f"pg_get_serial_sequence('public.{name}', '{column['name']}')"
                last = f'(SELECT max("{column["name"]}") FROM public."{name}")'
                connection.execute(text(f"SELECT setval({sequence}, {last})"))


def settings_for(service: str, directory: Path, **values: Any) -> Settings:
    """Return the service's own settings for a test; `directory` is its DATA_DIR."""
    settings: type[Settings] = import_module(f"services.{service}.config").Settings
    return settings(**{"secret_key": SECRET, "data_dir": directory, **values})


def app_for(
    service: str,
    database: Database,
    directory: Path,
    *,
    transport: httpx.BaseTransport | None = None,
    **values: Any,
) -> Flask:
    """Return the service's app on this database; `values` are settings."""
    create_app: Callable[..., Flask] = import_module(f"services.{service}.app").create_app
    more = {} if transport is None else {"transport": transport}
    return create_app(settings_for(service, directory, **values), database=database, **more)


def client_of(
    app: Flask, scopes: tuple[str, ...] | None, *, subject: str = "user:test"
) -> FlaskClient:
    """Return a client that speaks as the user "Test" with these scopes, or without a token if None."""
    client = app.test_client()
    if scopes is not None:
        settings = app.extensions["settings"]
        token = issue_token(settings, subject=subject, name="Test", scopes=scopes)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client
