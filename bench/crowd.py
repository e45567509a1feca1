"""A customers database of any size, made by COPY: people with German names, groups in a tree, memberships."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import update

from services.customers.models import (
    COLUMNS,
    Customer,
    customers,
    group_ancestors,
    groups,
    memberships,
    register,
)
from shared.db import Database, bulk_insert, new_id

AT_ONCE = 20_000
MEMBERSHIPS_EACH = 5
FIRST = (
    "Änne", "Anna", "Björn", "Claudia", "Dieter", "Elke", "Frank", "Gülay", "Heinz", "Ingrid", "Jürgen",
    "Karin", "Łukasz", "Marie", "Norbert", "Olga", "Peter", "Renate", "Sofía", "Thomas", "Uwe", "Vera",
    "Walter", "Yasmin", "Zoë", "Hans-Peter", "Anna-Lena", "Michael", "Sabine", "Andreas",
)  # fmt: skip
_START = (
    "Schm",
    "Gro",
    "Bau",
    "Mei",
    "Hof",
    "Stei",
    "Kra",
    "Leh",
    "Wag",
    "Brau",
    "Fi",
    "Ko",
    "Zie",
    "Nie",
)
_MIDDLE = (
    "der",
    "ber",
    "ler",
    "ner",
    "tz",
    "ch",
    "ßen",
    "mül",
    "hö",
    "kü",
    "ra",
    "sten",
    "win",
    "hol",
)
_END = (
    "mann",
    "er",
    "ing",
    "berg",
    "feld",
    "hauser",
    "meier",
    "müller",
    "bach",
    "au",
    "stein",
    "ke",
)
CITIES = (("10115", "Berlin"), ("80331", "München"), ("50667", "Köln"), ("04109", "Leipzig"))


@dataclass(frozen=True)
class Crowd:
    """Some of what was made: customers to read, a group with a twentieth of all, one above others."""

    ids: list[UUID]
    large_group: UUID
    upper_group: UUID


def fill(database: Database, count: int) -> Crowd:
    """Write `count` customers, 1,000 groups in five levels and five memberships each."""
    chance = random.Random(8)
    with _without_indexes(database):
        ids = _people(database, chance, count)
        tree = _tree(database)
        _memberships(database, chance, ids, tree)
    with database.transaction() as session:
        session.execute(update(register).values(last_number=count, active=count - count // 20))
        session.execute(update(register).values(inactive=count // 20))
    return Crowd(chance.sample(ids, 1000), tree[-1], tree[30])


def _people(database: Database, chance: random.Random, count: int) -> list[UUID]:
    since = datetime(2016, 1, 1, tzinfo=UTC)
    ids: list[UUID] = []

    def people(first: int) -> Iterator[tuple[Any, ...]]:
        for i in range(first, min(first + AT_ONCE, count)):
            postal_code, city = CITIES[i % len(CITIES)]
            at = since + timedelta(seconds=i * 300)
            first_name = chance.choice(FIRST)
            last_name = chance.choice(_START) + chance.choice(_MIDDLE) + chance.choice(_END)
            person = Customer(
                id=new_id(),
                number=i + 1,
                active=i % 20 != 0,
                first_name=first_name,
                last_name=last_name,
                company="Reisebüro Süd" if i % 10 == 0 else None,
                email=f"{first_name.lower()}.{i}@example.com" if i % 10 else None,
                phone=f"030 {1_000_000 + i}",
                mobile=f"0171 {2_000_000 + i}" if i % 3 else None,
                street=f"Hauptstraße {i % 200 + 1}",
                postal_code=postal_code,
                city=city,
                country="DE",
                language="de",
                sources="import",
                registered_at=at,
                created_at=at,
                updated_at=at,
                opt_in_state="confirmed" if i % 4 == 0 else "none",
                opt_in_confirmed_at=at if i % 4 == 0 else None,
            )
            person.index("DE")
            person.make_findable()
            ids.append(person.id)
            yield tuple(getattr(person, name) for name in COLUMNS)

    for first in range(0, count, AT_ONCE):
        with database.transaction() as session:
            bulk_insert(session, customers, COLUMNS, people(first))
    return ids


def _tree(database: Database) -> list[UUID]:
    """Return the groups' ids; the last of them is outside of the tree."""
    ids = [new_id() for _ in range(1000)]
    paths = [f"Gruppe {i}" for i in range(1000)]
    ancestors: list[list[UUID]] = [[] for _ in ids]
    for i in range(4, 999):
        above = i // 4 - 1
        paths[i] = f"{paths[above]}/Gruppe {i}"
        ancestors[i] = [ids[above], *ancestors[above]]
    with database.transaction() as session:
        rows = [(ids[i], 1, paths[i], False) for i in range(1000)]
        bulk_insert(session, groups, ("id", "version", "path", "deleted"), rows)
        pairs = [(ids[i], above) for i in range(1000) for above in ancestors[i]]
        bulk_insert(session, group_ancestors, ("group_id", "ancestor_id"), pairs)
    return ids


def _memberships(
    database: Database, chance: random.Random, ids: list[UUID], tree: list[UUID]
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    columns = ("customer_id", "group_id", "member", "changed_at")
    for first in range(0, len(ids), AT_ONCE):
        rows = []
        for i, customer_id in enumerate(ids[first : first + AT_ONCE], start=first):
            chosen = set(chance.choices(tree[:-1], k=MEMBERSHIPS_EACH - (i % 20 == 7)))
            chosen |= {tree[-1]} if i % 20 == 7 else set()
            rows += [(customer_id, group_id, True, at) for group_id in chosen]
        with database.transaction() as session:
            bulk_insert(session, memberships, columns, rows)


def plain_url(database: Database) -> str:
    """Return the address as psycopg has it."""
    return database.url.replace("postgresql+psycopg:", "postgresql:")


class _without_indexes:  # noqa: N801 - reads as what the block does
    """Build the indexes of the large tables after they are full: ten times faster."""

    def __init__(self, database: Database) -> None:
        self._url = plain_url(database)
        self._definitions: list[str] = []

    def __enter__(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT indexname, indexdef FROM pg_indexes"
                " WHERE tablename IN ('customers', 'memberships') AND indexname LIKE 'ix_%'"
            ).fetchall()
            for name, definition in rows:
                self._definitions.append(definition)
                connection.execute(f"DROP INDEX {name}".encode())

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SET maintenance_work_mem = '512MB'")
            for definition in self._definitions:
                connection.execute(definition.encode())
            connection.execute("VACUUM ANALYZE")
