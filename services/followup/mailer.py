"""The process that hands mails over: any number of it may run side by side.

It is woken by the commit that makes a mail due, and otherwise when the next one is due.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from services.followup.actions import circuit, delivery
from services.followup.actions.planning import CHANNEL
from services.followup.config import Settings
from services.followup.queries import delivery as queries
from services.followup.sending.lane import FEWEST, Lane, Pace
from services.followup.sending.smtp import carrier
from shared import logs
from shared.backoff import Backoff
from shared.consumer.subscriber import place_of
from shared.db import Database, utcnow
from shared.worker import SILENT_S
from shared.workerport import WorkerPort

log = structlog.get_logger(__name__)

SLOW_POLL_S = 15.0
# What is due and cannot be taken is being changed by somebody at this moment.
SHORTEST_S = 0.02
HOUSEKEEPING_S = 10.0
KEEP_LEASES_S = 15.0


class Mailer:
    """Hands due mails over until it is told to stop."""

    def __init__(
        self, settings: Settings, database: Database, clock: Callable[[], datetime] = utcnow
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._carrier = carrier(settings.smtp_url, settings.data_dir, settings.smtp_ca_file)
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        pace = Pace(settings.mail_rate)
        self._lanes = [
            # A name for each lane: what one had in hand and lost, another may have taken.
            Lane(f"{self.name}:{number}", settings, database, self._carrier, clock, pace)
            for number in range(settings.mail_connections)
        ]
        self._more = threading.Event()
        self._seen_alive = time.monotonic()
        self._house_kept: datetime | None = None

    def step(self) -> int:
        """Hand over one portion of what is due now; returns how many mails were looked at."""
        self._keep_house()
        never = threading.Event()
        taken = self._lanes[0].round(never)
        self._lanes[0].finish()
        return taken

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; then finish what is in hand, so that nothing is left uncertain."""
        waker = self._database.waker(CHANNEL)
        threads = [
            threading.Thread(target=self._help, args=(lane, stop), daemon=True, name="mailer lane")
            for lane in self._lanes[1:]
        ]
        threads.append(threading.Thread(target=self._keep_leases, args=(stop,), daemon=True))
        for thread in threads:
            thread.start()
        threading.Thread(target=_interrupt, args=(stop, waker.interrupt), daemon=True).start()
        backoff = Backoff()
        while not stop.is_set():
            self._seen_alive = time.monotonic()
            try:
                self._keep_house()
                self._empty(self._lanes[0], stop)
                pause = self._until_next()
            except Exception as error:  # noqa: BLE001 - the mailer never gives up
                log.warning("mailer begins anew", cause=place_of(error))
                backoff.wait(stop)
                continue
            backoff.reset()
            if not stop.is_set():
                waker.wait(pause)
        for thread in threads:
            thread.join()
        self._finish(self._lanes[0])
        waker.close()

    def silent(self) -> list[str]:
        """Name this mailer if it hangs."""
        return ["mailer"] if time.monotonic() - self._seen_alive > SILENT_S else []

    def _empty(self, lane: Lane, stop: threading.Event) -> None:
        """Portion after portion until nothing is due."""
        while lane.round(stop):
            self._seen_alive = time.monotonic()
            if len(lane.in_hand) >= FEWEST // 2:
                self._more.set()  # there may be enough for another lane

    def _help(self, lane: Lane, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._more.wait(0.5):
                continue
            self._more.clear()
            try:
                self._empty(lane, stop)
            except Exception as error:  # noqa: BLE001 - the first lane goes on, and calls for help again
                log.warning("a lane begins anew", cause=place_of(error))
                stop.wait(1)
                self._more.set()
        self._finish(lane)

    def _finish(self, lane: Lane) -> None:
        """Try hard to record: what stays unrecorded is uncertain."""
        for _ in range(5):
            try:
                lane.finish()
            except Exception as error:  # noqa: BLE001 - the database may be back in a moment
                log.warning("cannot record yet", cause=place_of(error))
                threading.Event().wait(1)
            else:
                return

    def _until_next(self) -> float:
        """Seconds until the next mail is due."""
        now = self._clock()
        with self._database.reading() as session:
            known = circuit.look(session, now)
            due = queries.next_due(session, newsletters=known.hears)
            if known.server is not None and known.server.open_until and due:
                due = max(due, known.server.open_until)
        if due is None:
            return SLOW_POLL_S
        return min(max((due - now).total_seconds(), SHORTEST_S), SLOW_POLL_S)

    def _keep_house(self) -> None:
        """Take back the mails of mailers that are gone."""
        now = self._clock()
        if self._house_kept and (now - self._house_kept).total_seconds() < HOUSEKEEPING_S:
            return
        with self._database.transaction() as session:
            count = delivery.take_back(session, now, repeatable=self._carrier.repeatable)
            circuit.forget_refusals(session, now)
        if count:
            log.warning("took back mails of a mailer that is gone", count=count)
        self._house_kept = now

    def _keep_leases(self, stop: threading.Event) -> None:
        """A slow mail server is no dead mailer."""
        while not stop.wait(KEEP_LEASES_S):
            in_hand = {lane.name: [mail.id for mail in lane.in_hand] for lane in self._lanes}
            if not any(in_hand.values()):
                continue
            try:
                with self._database.transaction() as session:
                    for name, ids in in_hand.items():
                        delivery.extend_leases(session, name, ids, self._clock())
            except Exception as error:  # noqa: BLE001 - tried again in a moment
                log.warning("cannot extend leases", cause=place_of(error))


def _interrupt(stop: threading.Event, interrupt: Callable[[], None]) -> None:
    stop.wait()
    interrupt()


def main() -> None:
    """Run one mailer until SIGTERM."""
    settings = Settings()
    logs.configure(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = settings.database()
    database.migrate(settings.service)
    log.info("mailer runs", to=settings.smtp_url is not None)
    mailer = Mailer(settings, database)
    with WorkerPort(settings.worker_port, mailer.silent):
        mailer.run(stop)
    database.dispose()


if __name__ == "__main__":
    main()
