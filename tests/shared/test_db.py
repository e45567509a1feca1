"""Both databases behave alike: transactions, bulk rows, moments, waking."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from shared.db import Database, among, bulk_insert, bulk_upsert, new_id, utcnow, wake
from shared.db.engine import IDLE_S
from shared.events.groups import GroupCreated
from shared.outbox import publish, waiting
from tests.shared.things import Thing, create_tables

COLUMNS = ("id", "name", "count", "made_at", "facts", "version")
TABLE = Thing.__table__
SIZES = [1, 20, 21, 3000]


@pytest.fixture
def database(plain_database):
    create_tables(plain_database)
    return plain_database


def rows(count, *, version=1):
    return [
        (new_id(), f"Müller {i}\t\\N", i, utcnow(), {"ä": [i, None]}, version) for i in range(count)
    ]


@pytest.mark.parametrize("size", SIZES)
def test_bulk_rows_are_what_was_given(database, size):
    given = rows(size)
    with database.transaction() as session:
        bulk_insert(session, TABLE, COLUMNS, given)
    with database.reading() as session:
        stored = session.execute(select(*(TABLE.c[c] for c in COLUMNS)).order_by(TABLE.c.count))
        assert [tuple(row) for row in stored] == given


@pytest.mark.parametrize("size", SIZES)
def test_an_upsert_tells_what_it_wrote(database, size):
    given = rows(size)
    with database.transaction() as session:
        back = bulk_upsert(session, TABLE, COLUMNS, given, key=["id"], returning=COLUMNS)
    assert sorted(back) == sorted(given)


@pytest.mark.parametrize("size", SIZES)
def test_an_older_version_never_replaces_a_newer_one(database, size):
    given = rows(size, version=5)
    older = [(*row[:1], "old", *row[2:5], 4) for row in given]
    newer = [(*row[:1], "new", *row[2:5], 6) for row in given]
    guard = {"key": ["id"], "where": "new.version > old.version", "returning": ["id"]}
    with database.transaction() as session:
        bulk_insert(session, TABLE, COLUMNS, given)
        assert bulk_upsert(session, TABLE, COLUMNS, older, **guard) == []
        assert len(bulk_upsert(session, TABLE, COLUMNS, newer, **guard)) == size
        assert set(session.scalars(select(Thing.name))) == {"new"}


@pytest.mark.parametrize("size", SIZES)
def test_an_upsert_can_keep_or_add_up(database, size):
    given = rows(size)
    with database.transaction() as session:
        bulk_insert(session, TABLE, COLUMNS, given)
        assert (
            bulk_upsert(session, TABLE, COLUMNS, given, key=["id"], update=(), returning=["id"])
            == []
        )
        bulk_upsert(
            session,
            TABLE,
            COLUMNS,
            given,
            key=["id"],
            update=(),
            set_={"count": "old.count + new.count"},
        )
        assert set(session.scalars(select(Thing.count))) == {2 * i for i in range(size)}


@pytest.mark.parametrize("size", [2, 100])
def test_a_failed_bulk_leaves_nothing(database, size):
    twice = rows(size - 1)
    twice.append(twice[0])
    with pytest.raises(IntegrityError), database.transaction() as session:
        bulk_insert(session, TABLE, COLUMNS, twice)
    with database.reading() as session:
        assert session.scalars(select(Thing.id)).all() == []


NAMES = ["Müller", 'sagt "ja"', "a\\b", "{}", "a,b", "", "NULL", "'; --", "ß😀"]


@pytest.mark.parametrize("many", [1, 5_000])
def test_thousands_of_values_are_asked_for_at_once(database, many):
    """Ids, numbers and texts, whatever is in them: exactly those rows are found."""
    with database.transaction() as session:
        session.add_all([Thing(name=name, count=2**40 + n) for n, name in enumerate(NAMES)])
    wanted = [*NAMES[::2], *(f"niemand {n}" for n in range(many))]
    with database.reading() as session:
        by_name = session.scalars(select(Thing).where(among(Thing.name, wanted))).all()
        assert sorted(thing.name for thing in by_name) == sorted(NAMES[::2])
        numbers = [thing.count for thing in by_name] + list(range(many))
        assert session.scalars(select(Thing.name).where(among(Thing.count, numbers))).all()
        ids = {thing.id for thing in by_name} | {new_id() for _ in range(many)}
        found = session.scalars(select(Thing.id).where(among(Thing.id, ids))).all()
        assert set(found) == {thing.id for thing in by_name}
        for column in (Thing.name, Thing.count, Thing.id):
            assert session.scalars(select(Thing).where(among(column, []))).all() == []


def test_moments_come_back_in_utc(database):
    berlin = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with database.transaction() as session:
        session.add(Thing(name="x", made_at=berlin))
    with database.reading() as session:
        stored = session.scalars(select(Thing.made_at)).one()
    assert stored == berlin
    assert stored.tzinfo is UTC


def test_a_moment_without_zone_is_refused(database):
    with pytest.raises(StatementError, match="time zone"), database.transaction() as session:
        session.add(Thing(name="x", made_at=datetime(2026, 7, 1)))  # noqa: DTZ001


def test_no_update_is_lost_between_threads(database):
    with database.transaction() as session:
        session.add(Thing(id=new_id(), name="x"))

    def count():
        for _ in range(25):
            with database.transaction() as session:
                thing = session.scalars(select(Thing).with_for_update()).one()
                thing.count += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalars(select(Thing.count)).one() == 100


def test_reading_goes_on_while_another_writes(database):
    with database.transaction() as writing:
        writing.add(Thing(name="x"))
        writing.flush()
        with database.reading() as session:
            assert session.scalars(select(Thing)).all() == []


def test_a_glance_sees_what_was_written_since_the_last_question(database):
    with database.glancing() as session:
        assert session.execute(select(TABLE.c.id)).all() == []
    with database.transaction() as writer:
        bulk_insert(writer, TABLE, COLUMNS, rows(1))
    with database.glancing() as session:
        assert len(session.execute(select(TABLE.c.id)).all()) == 1


def test_a_connection_that_died_while_it_was_idle_is_replaced(postgres_url):
    database = Database(postgres_url)
    with database.reading() as session:
        dead = session.scalar(text("SELECT pg_backend_pid()"))
    time.sleep(IDLE_S + 0.1)
    with Database(database.url).transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": dead})

    for use in (database.reading, database.glancing, database.transaction):
        with use() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) != dead
    database.dispose()


def test_waiters_wake_at_the_commit_and_not_before(database):
    waker = database.waker("things")
    waker.wait(0.05)  # the first look
    woken = []
    thread = threading.Thread(target=lambda: woken.append(waker.wait(10)))
    thread.start()
    with database.transaction() as session:
        wake(session, "things")
        session.execute(text("SELECT 1"))
        time.sleep(0.2)
        assert woken == []
    thread.join(timeout=2)
    assert woken == [True]
    assert waker.wait(0.05) is False
    waker.close()


def test_a_rolled_back_change_wakes_nobody_and_tells_nothing(database):
    waker = database.waker("outbox")
    waker.wait(0.05)
    with suppress(ZeroDivisionError), database.transaction() as session:
        publish(session, GroupCreated(group_id=new_id(), version=1, group_name="x", path="x"))
        raise ZeroDivisionError
    assert waker.wait(0.1) is False
    with database.reading() as session:
        assert waiting(session) == []
    waker.close()


@pytest.mark.parametrize("count", [1, 100])
def test_events_wait_in_the_outbox_in_their_order(database, count):
    ids = [new_id() for _ in range(count)]
    with database.transaction() as session:
        events = [GroupCreated(group_id=i, version=1, group_name="ä", path="ä") for i in ids]
        publish(session, *events)
    with database.reading() as session:
        messages = waiting(session)
    assert [message.body["group_id"] for message in messages] == [str(i) for i in ids]
    assert {message.name for message in messages} == {"groups.group_created"}
