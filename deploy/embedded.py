"""All services in one process: SQLite, events handed over without a broker, mail into a local mailbox."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import httpx
import structlog
from flask import Flask

from deploy.edge import Edge
from services.followup.queries import delivery as mail_queries
from shared import outbox
from shared.config import Settings
from shared.consumer import Subscriber
from shared.db import Database, utcnow
from shared.events import SUBSCRIPTIONS
from shared.housekeeping import Housekeeping
from shared.relay import Handover

log = structlog.get_logger(__name__)

SERVICES = ("customers", "groups", "importer", "followup", "console")
ASKING = ("customers", "importer", "console")
"""The services whose apps speak to others over HTTP; in here they call them directly."""

Loop = Callable[[threading.Event], None]


class Embedded:
    """The whole system in this process. `start()` sets its threads to work, `stop()` ends them."""

    def __init__(self, data_dir: Path | None = None) -> None:
        given = {} if data_dir is None else {"data_dir": data_dir}
        self.settings: dict[str, Settings] = {
            service: import_module(f"services.{service}.config").Settings(**given)
            for service in SERVICES
        }
        self.databases: dict[str, Database] = {
            service: settings.database() for service, settings in self.settings.items()
        }
        self.apps: dict[str, Flask] = {}
        self.edge = Edge(self.apps)
        self.transport = httpx.WSGITransport(app=self.edge, raise_app_exceptions=False)
        for service in SERVICES:
            self.apps[service] = self._app(service)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def _app(self, service: str) -> Flask:
        create_app = import_module(f"services.{service}.app").create_app
        asking = {"transport": self.transport} if service in ASKING else {}
        app: Flask = create_app(self.settings[service], database=self.databases[service], **asking)
        return app

    def start(self) -> None:
        """Begin to hand over events, to import files and to send mails."""
        for name, loop in self._loops():
            thread = threading.Thread(target=self._run, args=(name, loop), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float = 20.0) -> None:
        """End the threads after the piece of work that each has in hand."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout_s)
        for database in self.databases.values():
            database.dispose()

    def idle(self) -> bool:
        """True when every event has been handed over and no mail waits for its turn now."""
        for database in self.databases.values():
            with database.reading() as session:
                if outbox.waiting(session, limit=1):
                    return False
        with self.databases["followup"].reading() as session:
            due = mail_queries.next_due(session, newsletters=True)
        return due is None or due > utcnow()

    def handover(self, service: str) -> Handover:
        """Return what carries the events of `service` to those who hear them."""
        hearing = [
            Subscriber(
                other,
                self.databases[other],
                import_module(f"services.{other}.handlers").HANDLERS,
            )
            for other, heard in SUBSCRIPTIONS.items()
            if any(event.name.partition(".")[0] == service for event in heard)
        ]
        return Handover(service, self.databases[service], hearing)

    def _loops(self) -> list[tuple[str, Loop]]:
        loops: list[tuple[str, Loop]] = []
        for service in SERVICES:
            if service != "console":
                loops.append((f"{service} events", self.handover(service).run))
                worker = import_module(f"services.{service}.worker")
                asking = {"transport": self.transport} if service == "importer" else {}
                background = worker.loops(self.settings[service], self.databases[service], **asking)
                background.append(Housekeeping(self.databases[service]).run)
                loops += [(f"{service} {i}", loop) for i, loop in enumerate(background)]
        mailer = import_module("services.followup.mailer")
        loops.append(
            ("mailer", mailer.Mailer(self.settings["followup"], self.databases["followup"]).run)
        )
        return loops

    def _run(self, name: str, loop: Loop) -> None:
        try:
            loop(self._stopping)
        except Exception:
            # A system that goes on without one of its parts would lose work in silence.
            log.exception("ended unexpectedly", part=name)
            os._exit(70)
