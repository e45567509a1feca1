"""The process beside the API: relays and consumes events, and says that consent is being heard."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import func, select

from services.followup.actions import circuit
from services.followup.config import Settings
from services.followup.handlers import HANDLERS
from services.followup.queries import standings
from shared import worker
from shared.consumer.connection import TROUBLE, connect
from shared.db import Database, utcnow
from shared.sweeping import sweeper
from shared.tables import inbox

log = structlog.get_logger(__name__)

EVERY_S = 10.0


class FeedWatch:
    """Notes down, every few seconds, that events come in: what waits is none, or is getting less.

    The mailer sends no newsletters without it: somebody may have said no, and nobody heard.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._handled: object = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - silence is what it is meant to tell
                log.warning("consent is not being heard", cause=type(error).__name__)
            stop.wait(EVERY_S)

    def step(self) -> None:
        waiting, listening = self._queue()
        with self._database.transaction() as session:
            newest = session.scalar(select(func.max(inbox.c.received_at)))
            moving, self._handled = newest != self._handled, newest
            if listening and (not waiting or moving):
                circuit.beat(session, utcnow())

    def _queue(self) -> tuple[int, int]:
        """How many messages wait, and how many listen."""
        if self._settings.broker_url is None:
            return 0, 1  # handed over in this very process: what waits is in no queue
        connection = connect(self._settings.broker_url, heartbeat_s=0)
        try:
            queue = connection.channel().queue_declare(self._settings.service, passive=True)
            return queue.message_count, queue.consumer_count
        finally:
            try:
                connection.close()
            except TROUBLE as error:
                log.debug("closed the hard way", cause=type(error).__name__)


def loops(settings: Settings, database: Database) -> list[worker.Loop]:
    """Return what runs beside relay and consumer, here and in the one process of the embedded default."""
    return [
        FeedWatch(settings, database).run,
        sweeper(settings, database, HANDLERS, standings.erased_of),
    ]


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    database = settings.database()
    worker.run(settings, HANDLERS, *loops(settings, database), database=database)


if __name__ == "__main__":
    main()
