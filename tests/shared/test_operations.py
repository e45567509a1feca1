"""Acts on many things of any kind, as one unit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Column, MetaData, Table, Uuid, func, select, update
from sqlalchemy.orm import Session

from shared.db import Database, among, bulk_insert, new_id, utcnow
from shared.errors import NotFound, Text
from shared.operations import (
    Changed,
    Kind,
    OperationFailed,
    Operations,
    OperationUndone,
    find_operation,
    operation_list,
    operation_tables,
)
from shared.operations.loop import work_on_operations

metadata = MetaData()
TABLES = operation_tables(metadata)
lamps = Table(
    "lamps",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("on", Boolean, nullable=False),
    Column("broken", Boolean, nullable=False),
)
PIECE = 3


class NoSuchOperation(NotFound):
    template = Text("There is no operation {operation_id}.", de="Es gibt {operation_id} nicht.")


def switch_on(session: Session, _operation: Any, ids: list[UUID]) -> Changed:
    broken = lamps.c.broken & among(lamps.c.id, ids)
    if session.scalar(select(func.count()).select_from(lamps).where(broken)):
        raise OperationFailed(Text("A lamp is broken.", de="Eine Lampe ist kaputt."))
    dark = update(lamps).where(among(lamps.c.id, ids), ~lamps.c.on)
    switched = session.scalars(dark.values(on=True).returning(lamps.c.id)).all()
    return Changed(switched, utcnow())


def switch_off(session: Session, _operation: Any, items: Mapping[UUID, datetime | None]) -> int:
    own = [id_ for id_, at in items.items() if at is not None]
    lit = update(lamps).where(among(lamps.c.id, own), lamps.c.on).values(on=False)
    return len(own) - len(session.scalars(lit.returning(lamps.c.id)).all())


ENGINE = Operations(TABLES, {"light": Kind(switch_on, switch_off, PIECE)}, NoSuchOperation)
ALL = select(lamps.c.id)


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    database = new_database()
    metadata.create_all(database.engine)
    return database


def add_lamps(database: Database, count: int, *, on: bool = False, broken: bool = False) -> None:
    with database.transaction() as session:
        rows = [(new_id(), on, broken) for _ in range(count)]
        bulk_insert(session, lamps, ("id", "on", "broken"), rows)


def begin(database: Database) -> Any:
    with database.transaction() as session:
        return ENGINE.begin(session, "light", ALL, request={"why": "dark"}, by="test")


def read(database: Database, operation_id: UUID) -> Any:
    with database.reading() as session:
        return find_operation(session, TABLES, operation_id)


def lit(database: Database) -> int:
    with database.reading() as session:
        found = select(func.count()).select_from(lamps).where(lamps.c.on)
        return session.scalar(found) or 0


def finish(database: Database) -> None:
    while work_on_operations(database, ENGINE):
        pass


def test_a_small_one_is_done_when_it_has_begun(database: Database) -> None:
    add_lamps(database, 1)
    add_lamps(database, 1, on=True)

    begun = begin(database)

    assert (begun.state, begun.count, begun.done, begun.changed) == ("finished", 2, 2, 1)
    assert begun.request == {"why": "dark"}
    assert not work_on_operations(database, ENGINE)


def test_a_large_one_goes_on_piece_by_piece_with_the_list_it_began_with(
    database: Database,
) -> None:
    add_lamps(database, 2 * PIECE + 1)
    begun = begin(database)
    add_lamps(database, 1)
    assert (begun.state, begun.done, lit(database)) == ("running", PIECE, PIECE)

    finish(database)

    assert (read(database, begun.id).state, lit(database)) == ("finished", 2 * PIECE + 1)


def test_taking_back_leaves_what_it_did_not_do_and_what_was_changed_since(
    database: Database,
) -> None:
    add_lamps(database, 4)
    add_lamps(database, 2, on=True)
    begun = begin(database)
    finish(database)
    with database.transaction() as session:
        first = session.scalar(
            select(TABLES.items.c.item_id).where(TABLES.items.c.changed_at.is_not(None)).limit(1)
        )
        session.execute(update(lamps).where(lamps.c.id == first).values(on=False))

    with database.transaction() as session:
        ENGINE.undo(session, begun.id, by="somebody")
    finish(database)

    undone = read(database, begun.id)
    assert (undone.state, undone.done, undone.kept, undone.undone_by) == (
        "undone", 0, 1, "somebody",
    )  # fmt: skip
    assert lit(database) == 2
    with pytest.raises(OperationUndone), database.transaction() as session:
        ENGINE.undo(session, begun.id, by="somebody")


def test_taking_back_stops_one_that_is_still_running(database: Database) -> None:
    add_lamps(database, 3 * PIECE)
    begun = begin(database)

    with database.transaction() as session:
        ENGINE.undo(session, begun.id, by="test")
    finish(database)

    assert (read(database, begun.id).state, lit(database)) == ("undone", 0)


def test_one_that_cannot_go_on_says_why_and_keeps_no_other_waiting(database: Database) -> None:
    add_lamps(database, PIECE)
    broken = begin(database)
    add_lamps(database, 1, broken=True)
    with database.transaction() as session:
        ENGINE.add_items(session, broken.id, ALL)
    other = begin_rest(database)

    finish(database)

    failed = read(database, broken.id)
    assert (failed.state, failed.failure) == ("failed", "A lamp is broken.")
    assert failed.failure_de == "Eine Lampe ist kaputt."
    assert read(database, other).state == "finished"


def begin_rest(database: Database) -> UUID:
    """Begin an operation whose list comes later, on what is not broken."""
    with database.transaction() as session:
        waits = ENGINE.note(session, "light", request={}, by="test", state="waiting")
    assert read(database, waits).count is None
    assert not [o for o in at_work(database) if o == waits]
    with database.transaction() as session:
        ENGINE.add_items(session, waits, ALL.where(~lamps.c.broken))
        ENGINE.add_items(session, waits, ALL.where(~lamps.c.broken))
        ENGINE.start(session, waits)
    return waits


def at_work(database: Database) -> list[UUID]:
    with database.reading() as session:
        running = operation_list(TABLES, state="running")
        return [row.id for row in session.execute(running)]


def test_nobody_finds_one_that_there_is_not(database: Database) -> None:
    assert read(database, new_id()) is None
    with pytest.raises(NoSuchOperation), database.transaction() as session:
        ENGINE.undo(session, new_id(), by="test")


DIES = """
import os, sys
from uuid import UUID
from shared.db import Database
from tests.shared import test_operations as o

def switch_on(session, operation, ids):
    changed = o.switch_on(session, operation, ids)
    os.kill(os.getpid(), 9)

o.ENGINE._kinds["light"] = o.Kind(switch_on, o.switch_off, o.PIECE)
with Database(sys.argv[1]).transaction() as session:
    o.ENGINE.work(session, UUID(sys.argv[2]))
"""


def test_a_process_that_dies_in_a_piece_leaves_it_to_the_next(database: Database) -> None:
    add_lamps(database, 2 * PIECE + 1)
    begun = begin(database)

    died = subprocess.run(
        [sys.executable, "-c", DIES, database.url, str(begun.id)],
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert died.returncode == -9
    assert (read(database, begun.id).done, lit(database)) == (PIECE, PIECE)
    finish(database)
    assert (read(database, begun.id).state, lit(database)) == ("finished", 2 * PIECE + 1)
