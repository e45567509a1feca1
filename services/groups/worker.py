"""The groups worker: its relay, what it hears of customers, and the upkeep of counts and memberships."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from services.groups import actions, queries
from services.groups.config import Settings
from services.groups.handlers import HANDLERS
from shared import worker
from shared.consumer import passes
from shared.db import Database, utcnow
from shared.operations.loop import operations_loop
from shared.sweeping import sweeper

COUNTS_EVERY_S = 5.0
UNKNOWN_EVERY_S = 60.0
FORMS_EVERY_S = 600.0

log = structlog.get_logger(__name__)


def loops(settings: Settings, database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer, here and in the one process of the embedded default."""
    keep = timedelta(days=settings.form_keep_days)
    return [
        _every(COUNTS_EVERY_S, database, actions.sum_up_counts),
        _every(
            UNKNOWN_EVERY_S, database, lambda session: actions.forget_unknown(session, utcnow())
        ),
        _every(
            FORMS_EVERY_S,
            database,
            lambda session: actions.expire_submissions(session, utcnow(), keep),
        ),
        operations_loop(database, actions.OPERATIONS),
        sweeper(settings, database, HANDLERS, queries.erased_of),
    ]


def _every(
    seconds: float, database: Database, work: Callable[[Session], int]
) -> Callable[[threading.Event], None]:
    """Return a loop that does `work` every so often, and at once again as long as there is some."""

    def loop(stop: threading.Event) -> None:
        while not stop.wait(seconds):
            try:
                while _done(database, work) and not stop.is_set():
                    pass
            except Exception as error:
                # A database that is away comes back, and the work waits for it.
                if not passes(error):
                    raise
                log.warning("upkeep waits", error=type(error).__name__)

    return loop


def _done(database: Database, work: Callable[[Session], int]) -> int:
    with database.transaction() as session:
        return work(session)


def main() -> None:
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
