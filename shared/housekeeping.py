"""What every service throws away when its time is over."""

from __future__ import annotations

import threading

import structlog

from shared import inbox
from shared.consumer import passes
from shared.consumer.subscriber import place_of
from shared.db import Database
from shared.web.idempotency import purge_idempotency_keys

log = structlog.get_logger(__name__)

EVERY_S = 3600.0


class Housekeeping:
    """Deletes old inbox rows and old answers to repeated requests, once an hour."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`. A database that is away is tried again in the next round."""
        while not stop.is_set():
            try:
                self.step(stop)
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("housekeeping put off", cause=place_of(error))
            stop.wait(EVERY_S)

    def step(self, stop: threading.Event) -> None:
        inbox.purge(self._database, stop)
        with self._database.transaction() as session:
            purge_idempotency_keys(session)
