"""The process beside the API: relays and consumes events."""

from __future__ import annotations

from services.followup.config import Settings
from services.followup.handlers import HANDLERS
from services.followup.queries import standings
from shared import worker
from shared.db import Database
from shared.sweeping import sweeper


def loops(settings: Settings, database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer, here and in the one process of the embedded default."""
    return [sweeper(settings, database, HANDLERS, standings.erased_of)]


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
