"""The groups worker: its relay, what it hears of customers, and the upkeep of counts and memberships."""

from __future__ import annotations

from datetime import timedelta

from services.groups import actions, queries
from services.groups.config import Settings
from services.groups.handlers import HANDLERS
from services.groups.models import ValueChange
from shared import worker
from shared.db import Database, utcnow
from shared.loops import every
from shared.operations.loop import operations_loop
from shared.retention import delete_oldest
from shared.sweeping import sweeper

COUNTS_EVERY_S = 5.0
UNKNOWN_EVERY_S = 60.0
FORMS_EVERY_S = 600.0
CHANGES_EVERY_S = 3600.0

VALUE_CHANGES = ValueChange.__table__


def loops(settings: Settings, database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer, here and in the one process of the embedded default."""
    keep = timedelta(days=settings.form_keep_days)
    changes = timedelta(days=settings.changes_keep_days)
    return [
        every(COUNTS_EVERY_S, database, actions.sum_up_counts),
        every(UNKNOWN_EVERY_S, database, lambda session: actions.forget_unknown(session, utcnow())),
        every(
            FORMS_EVERY_S,
            database,
            lambda session: actions.expire_submissions(session, utcnow(), keep),
        ),
        every(
            CHANGES_EVERY_S,
            database,
            lambda session: delete_oldest(session, VALUE_CHANGES.c.changed_at, utcnow() - changes),
        ),
        operations_loop(database, actions.OPERATIONS),
        sweeper(settings, database, HANDLERS, queries.erased_of),
    ]


def main() -> None:
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
