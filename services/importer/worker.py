"""The importer's worker: its relay, what it hears of customers, the loops that run
imports and exports, and old files."""

from __future__ import annotations

import httpx

from services.importer.config import Settings
from services.importer.expiry import Expiry
from services.importer.exports.run import Exports
from services.importer.forgetting.persons import erased_of
from services.importer.handlers import HANDLERS
from services.importer.running.jobs import Jobs
from services.importer.running.undoing import Undoing
from shared import worker
from shared.db import Database
from shared.sweeping import sweeper


def loops(
    settings: Settings, database: Database, transport: httpx.BaseTransport | None = None
) -> list[worker.Loop]:
    """Return what runs beside the API, here and in the one process of the embedded default."""
    return [
        Jobs(settings, database, transport).run,
        Undoing(settings, database, transport).run,
        Exports(settings, database, transport).run,
        Expiry(settings, database).run,
        sweeper(settings, database, HANDLERS, erased_of),
    ]


def main() -> None:
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
