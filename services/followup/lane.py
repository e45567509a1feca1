"""One connection to the mail server and the mails that go through it, a portion at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from services.followup.actions import advancing, circuit, delivery
from services.followup.actions.delivery import Ready
from services.followup.config import Settings
from services.followup.handover import Carrier, Outcome
from services.followup.queries.scripts import Scripts
from services.followup.writing import Writer
from shared.crashpoints import crashpoint
from shared.db import Database

log = structlog.get_logger(__name__)

# What a mailer that is killed had in hand is uncertain: a portion per lane, so it is kept small.
PORTION = 20
# What of a portion has not been begun by then is given back: an opt-out never waits for a slow server.
PORTION_S = 2.0


class Pace:
    """Not more than so many mails a minute, however many lanes there are."""

    def __init__(self, per_minute: int) -> None:
        self._gap_s = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, longest_s: float) -> bool:
        """Wait for this mail's turn; False if it would take longer."""
        if not self._gap_s:
            return True
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            if turn - now > longest_s:
                return False
            self._next = turn + self._gap_s
        time.sleep(turn - now)
        return True


class Lane:
    """Takes due mails, hands them over, and records them with taking the next: one commit a portion."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        database: Database,
        carrier: Carrier,
        clock: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._name = name
        self._settings = settings
        self._database = database
        self._clock = clock
        self._pace = pace
        self._connection = carrier.connect()
        self._writer = Writer(settings)
        self._scripts = Scripts()
        self._done: list[tuple[Ready, Outcome]] = []
        self._unbegun: list[Ready] = []
        self.in_hand: list[Ready] = []

    def round(self, stop: threading.Event) -> int:
        """Record the last portion, take the next one, hand it over. Returns how many were taken."""
        taken, ready = self._turn(0 if stop.is_set() else PORTION)
        crashpoint("mailer.after_claim")
        self._hand_over(ready, stop)
        return taken

    def finish(self) -> None:
        """Record what is still to be recorded, and hang up."""
        if self._done or self._unbegun:
            self._turn(0)
        self._connection.close()

    def hang_up(self) -> None:
        self._connection.close()

    def _turn(self, limit: int) -> tuple[int, list[Ready]]:
        try:
            with self._database.transaction() as session:
                self._record(session)
                taken, ready = self._take(session, limit)
                crashpoint("mailer.before_commit")
        except Exception:
            # Whatever was wrong with taking: what was sent must be written down as sent.
            if limit and (self._done or self._unbegun):
                with self._database.transaction() as session:
                    self._record(session)
                self._recorded()
            raise
        self._recorded()
        self.in_hand = ready
        crashpoint("mailer.after_result")
        return taken, ready

    def _recorded(self) -> None:
        self._done, self._unbegun, self.in_hand = [], [], []

    def _record(self, session: Session) -> None:
        now = self._clock()
        if self._done:
            advancing.record(session, self._scripts, self._done, now)
        advancing.give_back(session, self._unbegun, now)
        trouble = next((o for _, o in self._done if o.kind == "our_fault"), None)
        if trouble is not None:
            until = circuit.trip(session, trouble.reason, now)
            log.error("mail server refuses us", reason=trouble.reason, until=until.isoformat())

    def _take(self, session: Session, limit: int) -> tuple[int, list[Ready]]:
        now = self._clock()
        if not limit:
            return 0, []
        breaker = circuit.state(session, circuit.SERVER)
        if breaker is not None and breaker.failures:
            if any(outcome.kind == "sent" for _, outcome in self._done):
                circuit.mend(session, now)
            elif breaker.open_until is not None and breaker.open_until > now:
                return 0, []
            else:
                limit = 1  # try with one whether the way is open again
        newsletters = self.hears(session, now)
        return delivery.take(
            session, self._name, limit, self._writer, self._scripts, now, newsletters=newsletters
        )

    def hears(self, session: Session, now: datetime) -> bool:
        """Whether the events about consent arrive: without them no newsletter starts."""
        if self._settings.embedded:
            return True
        feed = circuit.state(session, circuit.FEED)
        return feed is not None and now - feed.changed_at < circuit.STALE_AFTER

    def _hand_over(self, ready: list[Ready], stop: threading.Event) -> None:
        begun = time.monotonic()
        for number, mail in enumerate(ready):
            left = PORTION_S - (time.monotonic() - begun)
            if (number and (left <= 0 or stop.is_set())) or not self._pace.wait(max(left, 0)):
                self._unbegun = ready[number:]
                return
            crashpoint("mailer.after_begin")
            outcome = self._connection.send(str(mail.id), mail.sender, mail.to, mail.data)
            crashpoint("mailer.after_handover")
            self._done.append((mail, outcome))
            if outcome.kind == "our_fault":
                self._unbegun = ready[number + 1 :]
                return
