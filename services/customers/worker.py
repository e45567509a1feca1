"""The customers worker: hears what the other services tell, sends out what this one has to tell, and does
what takes longer than a request."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from uuid import UUID

import structlog

from services.customers import actions, queries
from services.customers.actions.beating import beat
from services.customers.actions.home import know_home, settle_home
from services.customers.config import Settings
from services.customers.handlers import HANDLERS
from services.customers.models import customer_changes
from shared import outbox, worker
from shared.db import Database, utcnow
from shared.loops import every, on_call
from shared.operations.loop import operations_loop
from shared.operations.loop import work_on_operations as work_on
from shared.retention import delete_oldest
from shared.sweeping import sweeper

CHANGES_EVERY_S = 3600.0
BEAT_EVERY_S = 10.0
COMPARED_AT_ONCE = 200
PAUSE_S = 0.5
LONGEST_REST_S = 5.0
HOME = "home_country"
LETTERS_FIRST = 120
"""So many pauses are made while letters wait; then some customers are compared all the same."""

log = structlog.get_logger(__name__)


def loops(settings: Settings, database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer, here and in the one process of the embedded default."""
    know_home(database, settings.business_country)
    keep = timedelta(days=settings.changes_keep_days)
    return [
        every(
            CHANGES_EVERY_S,
            database,
            lambda session: delete_oldest(session, customer_changes.c.changed_at, utcnow() - keep),
        ),
        operations_loop(database, actions.OPERATIONS),
        on_call(database, actions.COMPARISONS, Comparing(database)),
        on_call(database, HOME, Settling(database)),
        sweeper(settings, database, HANDLERS, queries.erased_of),
        every(BEAT_EVERY_S, database, beat, at_once=True),
    ]


def work_on_operations(database: Database) -> bool:
    """Do one piece of the operation that began first. False if there is none at work."""
    return work_on(database, actions.OPERATIONS)


class Settling:
    """Reads stored telephone numbers anew, once, where BUSINESS_COUNTRY is not what it was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._after: UUID | None = None
        self._settled = False

    def __call__(self, _stop: threading.Event) -> bool:
        """Do one piece. False if nothing is left."""
        if not self._settled:
            with self._database.transaction() as session:
                self._after = settle_home(session, self._after)
            self._settled = self._after is None
        return not self._settled


class Comparing:
    """Compares who is due with all others, piece by piece, and lets everything else go first.

    Letters that wait to go out are let pass, and after each piece the machine is left to others for four
    times as long as it took.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passed = 0

    def __call__(self, stop: threading.Event) -> bool:
        """Do one piece, or pause. False if nobody is due."""
        with self._database.reading() as session:
            if not queries.anybody_due(session):
                return False
            busy = bool(outbox.waiting(session, 1))
        if busy and self._passed < LETTERS_FIRST:
            self._passed += 1
            stop.wait(PAUSE_S)
            return True
        self._passed = 0
        started = time.monotonic()
        with self._database.transaction() as session:
            actions.compare_due(session, COMPARED_AT_ONCE)
        stop.wait(min(LONGEST_REST_S, 4 * (time.monotonic() - started)))
        return True


def main() -> None:
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
