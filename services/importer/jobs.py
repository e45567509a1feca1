"""The loop that runs imports: any number of workers, each import by one of them at a time."""

from __future__ import annotations

import threading

import httpx
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from services.importer.actions import CHANNEL
from services.importer.config import Settings
from services.importer.models import Import
from services.importer.running import lease
from services.importer.running.calls import Services, Stopped, patiently
from services.importer.running.lease import LeaseLost
from services.importer.running.run import Run
from services.importer.running.source import Source
from shared.db import Database, new_id
from shared.errors import ServiceError, Text
from shared.loops import on_call

INTERNAL = Text(
    "Something unexpected happened; it was written to the log. Start the import again: it goes on where it "
    "stopped.",
    de="Etwas Unerwartetes ist passiert; es steht im Protokoll. Der Import kann noch einmal gestartet werden "
    "und macht dort weiter, wo er stehen blieb.",
)

log = structlog.get_logger(__name__)


class Jobs:
    """Runs imports. `transport` takes the place of the network on the way to the other services."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._transport = transport
        self._owner = new_id()

    def run(self, stop: threading.Event) -> None:
        """Run imports as they come until `stop`."""
        on_call(self._database, CHANNEL, self.step)(stop)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Run the import that waits longest to its end. False if none waits."""
        stop = stop or threading.Event()
        with self._database.transaction() as session:
            found = lease.claim(session, self._owner)
        if found is None:
            return False
        log.info("import runs", import_id=str(found.id), rows_done=found.rows_done)
        try:
            if found.cancel_requested:
                self._end_cancelled(found)
            else:
                self._write(found, stop)
            log.info("import ends", import_id=str(found.id))
        except LeaseLost:
            log.warning("import was taken over", import_id=str(found.id))
        except Stopped:
            self._settle(found, None)
        except ServiceError as refused:
            self._settle(found, refused.text)
        except (OperationalError, InterfaceError):
            raise  # the lease runs out, and somebody takes the import up again
        except Exception:
            log.exception("import failed", import_id=str(found.id))
            self._settle(found, INTERNAL)
        return True

    def _write(self, found: Import, stop: threading.Event) -> None:
        with Services(
            self._settings, self._transport, name=found.created_by, language=found.language
        ) as services:
            attributes = patiently(services.attributes, stop, lambda: self._show_life(found))
            source = Source(self._settings, self._database, found, attributes)
            Run(self._database, found, source, services, self._owner, stop).to_end()

    def _show_life(self, found: Import) -> None:
        """While waiting. Raises Stopped if the import is not wanted any more."""
        with self._database.transaction() as session:
            cancelled = lease.renew(session, found.id, self._owner)
        if cancelled:
            raise Stopped

    def _end_cancelled(self, found: Import) -> None:
        with self._database.transaction() as session:
            lease.finish(session, found.id, self._owner, cancelled=True)

    def _settle(self, found: Import, failure: Text | None) -> None:
        """Give the import back, or end it with the reason why it failed."""
        try:
            with self._database.transaction() as session:
                if failure is None:
                    lease.release(session, found.id, self._owner)
                else:
                    lease.fail(session, found.id, self._owner, failure)
        except LeaseLost:
            log.warning("import was taken over", import_id=str(found.id))
