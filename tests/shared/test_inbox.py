"""The inbox forgets what nobody will send again."""

import threading
from datetime import timedelta

from sqlalchemy import func, insert, select

from shared import inbox
from shared.db import Database, new_id, utcnow
from shared.tables import inbox as table


def test_rows_older_than_a_quarter_are_thrown_away(customers: Database) -> None:
    ages = [timedelta(days=91)] * 2500 + [timedelta(days=89)] * 3
    with customers.transaction() as session:
        session.execute(
            insert(table),
            [{"event_id": new_id(), "received_at": utcnow() - age} for age in ages],
        )

    assert inbox.purge(customers, threading.Event()) == 2500

    with customers.reading() as session:
        assert session.scalar(select(func.count()).select_from(table)) == 3


def test_a_purge_can_be_stopped(customers: Database) -> None:
    stop = threading.Event()
    stop.set()

    assert inbox.purge(customers, stop) == 0
