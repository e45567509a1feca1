"""The customers worker: hears what the other services tell, and sends out what this one has to tell."""

from __future__ import annotations

from services.customers.config import Settings
from services.customers.handlers import HANDLERS
from shared import worker
from shared.db import Database


def loops(_settings: Settings, _database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer: nothing yet."""
    return []


def main() -> None:
    worker.run(Settings(), HANDLERS)


if __name__ == "__main__":
    main()
