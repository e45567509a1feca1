"""Files are kept for a while, so that bad rows can be corrected, and then deleted."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from services.importer.config import Settings
from services.importer.exports.actions import expire_exports
from services.importer.forgetting import erasing
from shared.consumer import passes
from shared.db import Database, utcnow

EVERY_S = 3600.0

log = structlog.get_logger(__name__)


class Expiry:
    """Deletes what is left of imports and exports that ended IMPORT_KEEP_DAYS ago, once an hour."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._keep = timedelta(days=settings.import_keep_days)
        self._database = database

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. A database that is away is tried again in the next round."""
        while not stop.is_set():
            try:
                while self.step() and not stop.is_set():
                    pass
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("old files stay for now", error=type(error).__name__)
            stop.wait(EVERY_S)

    def step(self, now: datetime | None = None) -> int:
        """Delete some. Returns of how many imports and exports."""
        with self._database.transaction() as session:
            before = (now or utcnow()) - self._keep
            return erasing.expire(session, before) + expire_exports(session, before)
