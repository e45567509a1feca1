"""The process beside a service's API: relay, consumer and the service's own loops, each in a thread.

A thread that ends before it is told to takes the process with it: a worker that runs on without its relay
would be silent about it, one that is gone is started again by whoever watches it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from prometheus_client import REGISTRY

from shared import garbage, logs
from shared.backoff import Backoff
from shared.config import Settings
from shared.consumer import Consumer, Handler, passes
from shared.consumer.subscriber import place_of
from shared.db import Database
from shared.events import Event
from shared.housekeeping import Housekeeping
from shared.metrics import OutboxFigures
from shared.relay import Relay
from shared.workerport import WorkerPort

log = structlog.get_logger(__name__)

Loop = Callable[[threading.Event], None]

GRACE_S = 20.0
"""Time for the work in hand after SIGTERM; containers are given 30 seconds."""
SILENT_S = 300.0
"""A relay or consumer that has not come round for so long hangs."""
FAILED = 70


def run(
    settings: Settings,
    handlers: Mapping[type[Event], Handler],
    *loops: Loop,
    database: Database | None = None,
) -> None:
    """Migrate, then relay, consume and run `loops` until SIGTERM or SIGINT. Does not return but exits."""
    logs.configure(settings)
    if settings.broker_url is None:
        raise SystemExit(
            "Set BROKER_URL. Without a broker all services run in one process: make run."
        )
    database = database or settings.database()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    garbage.settle()
    if _migrated(settings.service, database, stop):
        raise SystemExit(_Worker(settings, database, handlers, loops, stop).run())
    raise SystemExit(0)


def _migrated(service: str, database: Database, stop: threading.Event) -> bool:
    """Wait for the database, then bring it up to date. False if `stop` came first."""
    backoff = Backoff()
    while not stop.is_set():
        try:
            database.migrate(service)
        except Exception as error:
            if not passes(error):
                raise
            log.warning("waiting for the database", cause=place_of(error))
            backoff.wait(stop)
        else:
            return True
    return False


class _Worker:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        handlers: Mapping[type[Event], Handler],
        loops: tuple[Loop, ...],
        stop: threading.Event,
    ) -> None:
        service, url = settings.service, settings.broker_url
        assert url is not None
        self._settings, self._database, self._stop = settings, database, stop
        self._ended: list[str] = []
        relay = Relay(service, database, url)
        self._watched: dict[str, Any] = {"relay": relay}
        parts: dict[str, Loop] = {"relay": relay.run}
        if handlers:
            consumer = Consumer(service, database, url, handlers)
            self._watched["consumer"] = consumer
            parts["consumer"] = consumer.run
        parts["housekeeping"] = Housekeeping(database).run
        parts |= {f"loop {number}": loop for number, loop in enumerate(loops, start=1)}
        self._threads = [
            threading.Thread(target=self._part, args=(name, loop), name=name, daemon=True)
            for name, loop in parts.items()
        ]

    def run(self) -> int:
        """Return the exit code."""
        REGISTRY.register(OutboxFigures(self._settings.service, self._database))
        with WorkerPort(self._settings.worker_port, self.silent):
            for thread in self._threads:
                thread.start()
            log.info("worker runs", parts=[thread.name for thread in self._threads])
            while not self._stop.is_set() and not self._ended:
                self._stop.wait(0.2)
            failed = bool(self._ended) and not self._stop.is_set()
            self._stop.set()
            return self._end(failed)

    def silent(self) -> list[str]:
        """Name the parts that hang."""
        now = time.monotonic()
        return [name for name, part in self._watched.items() if now - part.seen_alive > SILENT_S]

    def _part(self, name: str, loop: Loop) -> None:
        try:
            loop(self._stop)
        except Exception:
            log.critical("a part of the worker ended", part=name, exc_info=True)
        finally:
            self._ended.append(name)

    def _end(self, failed: bool) -> int:
        end = time.monotonic() + GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.error("ended by force", parts=late)
            os._exit(FAILED)
        self._database.dispose()
        log.info("worker ends", failed=failed)
        return FAILED if failed else 0
