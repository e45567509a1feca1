"""One connection to the mail server and the mails that go through it, a portion at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.followup.actions import advancing, barring, circuit, delivery
from services.followup.actions.delivery import Ready
from services.followup.actions.handing import still_ours
from services.followup.actions.planning import give_back
from services.followup.config import Settings
from services.followup.models import Phase
from services.followup.queries.scripts import Scripts
from services.followup.sending.handover import Carrier, Outcome
from services.followup.sending.progress import Progress
from services.followup.writing import Writer
from shared.crashpoints import crashpoint
from shared.db import Database

log = structlog.get_logger(__name__)

# A portion is what a lane hands over in about half a second, within these limits.
FEWEST, MOST = 20, 200
PORTION_S = 0.5
# What of a portion has not been begun by then is given back to whoever has time for it.
LONGEST_S = 2.0
# Outcomes that may be about more than the one mail.
OURS = frozenset({"away", "sender_refused", "refused"})


class Pace:
    """Not more than so many mails a minute, however many lanes there are."""

    def __init__(self, per_minute: int) -> None:
        self._gap_s = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: threading.Event) -> int:
        """Wait for the next mail's turn; returns how many mails may go then, at most."""
        if not self._gap_s:
            return MOST
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            soon = turn - now <= LONGEST_S
            if soon:
                self._next = turn + self._gap_s
        stop.wait(min(turn - now, LONGEST_S))
        return 1 if soon else 0


class Lane:
    """Takes due mails, hands them over, and records them with taking the next.

    Before each body the mail's phase is written down; in the same commit, that the mail before was taken and
    that the next one begins. So a mailer that is killed leaves one mail a lane of which nobody knows.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        database: Database,
        carrier: Carrier,
        clock: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._pace = pace
        self._repeatable = carrier.repeatable
        self._connection = carrier.connect()
        self._progress = Progress(database, name)
        self._writer = Writer(settings)
        self._scripts = Scripts()
        self._portion = FEWEST
        self._circuits = circuit.Circuits(None, {}, hears=False)
        self._waiting: deque[Ready] = deque()  # the first of them is the one at hand
        self._begun: UUID | None = None
        self._answered: dict[UUID, Phase] = {}
        self._done: list[tuple[Ready, Outcome]] = []
        self.in_hand: list[Ready] = []

    def round(self, stop: threading.Event) -> int:
        """Record the last portion, take the next one, hand it over. Returns how many were taken."""
        limit = min(self._pace.wait(stop), self._portion)
        taken = self._turn(0 if stop.is_set() else limit)
        crashpoint("mailer.after_claim")
        begun = time.monotonic()
        self._hand_over(stop, begun + LONGEST_S)
        speed = len(self._done) / (time.monotonic() - begun)
        self._portion = min(max(FEWEST, int(speed * PORTION_S)), MOST)
        return taken

    def finish(self) -> None:
        """Record what is still to be recorded, and hang up."""
        if self.in_hand:
            self._turn(0)
        self._connection.close()
        self._progress.close()

    def _turn(self, limit: int) -> int:
        try:
            with self._database.transaction() as session:
                self._record(session)
                taken, ready = self._take(session, limit)
                crashpoint("mailer.before_commit")
        except Exception:
            # Whatever was wrong with taking: what was sent must be written down as sent.
            if limit and self.in_hand:
                with self._database.transaction() as session:
                    self._record(session)
                self._hold([])
            raise
        self._hold(ready)
        crashpoint("mailer.after_result")
        return taken

    def _hold(self, ready: list[Ready]) -> None:
        self._waiting = deque(ready)
        self._begun = ready[0].id if ready else None
        self._answered, self._done, self.in_hand = {}, [], ready

    def _record(self, session: Session) -> None:
        now = self._clock()
        give_back(session, self.name, [mail.id for mail in self._waiting], now)
        if self._done:
            done = still_ours(session, self.name, self._done)
            advancing.record(session, self._scripts, done, now)
            closed = circuit.learn(session, self._circuits, self._done, now)
            for way, until in closed.items():
                log.error("a way is closed for a while", way=way, until=until.isoformat())

    def _take(self, session: Session, limit: int) -> tuple[int, list[Ready]]:
        now = self._clock()
        if not limit:
            return 0, []
        self._circuits = known = circuit.look(session, now)
        if known.server is not None:
            if known.server.open_until is not None and known.server.open_until > now:
                return 0, []
            limit = 1  # try with one whether the way is open again
        return delivery.take(
            session, self.name, limit, self._writer, self._scripts, now,
            newsletters=known.hears, repeatable=self._repeatable,
            gate=self._gate if known.refusing else None,
        )  # fmt: skip

    def _gate(self, session: Session, ready: list[Ready], now: datetime) -> list[Ready]:
        return barring.let_through(session, ready, self._circuits.refusing, self._scripts, now)

    def _hand_over(self, stop: threading.Event, end: float) -> None:
        while self._waiting:
            if self._done and (stop.is_set() or time.monotonic() > end):
                return
            mail = self._waiting[0]
            if self._begin(mail):
                outcome = self._connection.send(
                    str(mail.id), mail.sender, mail.to, mail.data, self._body_may_go
                )
                crashpoint("mailer.after_handover")
                self._note(mail, outcome)
                if outcome.kind in OURS:
                    return  # the others are decided anew, in the light of this
            else:
                self._waiting.popleft()

    def _begin(self, mail: Ready) -> bool:
        """Whether the server may be told of it: from now on an opt-out waits for it."""
        if self._repeatable or mail.id == self._begun:
            return True
        mine = self._progress.put(self._answered | {mail.id: Phase.BEGUN})
        self._answered = {}
        return mail.id in mine

    def _body_may_go(self) -> bool:
        mail, *following = islice(self._waiting, 2)
        crashpoint("mailer.after_begin")
        phases = self._answered | {mail.id: Phase.DATA} | {m.id: Phase.BEGUN for m in following}
        mine = self._progress.put(phases)
        self._answered = {}
        self._begun = next((m.id for m in following if m.id in mine), None)
        crashpoint("mailer.after_mark")
        return mail.id in mine

    def _note(self, mail: Ready, outcome: Outcome) -> None:
        """With the next mail's phase it will be written down that this one was answered."""
        self._waiting.popleft()
        if outcome.kind == "recalled":
            return
        self._done.append((mail, outcome))
        if outcome.kind != "uncertain":
            self._answered = {mail.id: Phase.TAKEN if outcome.kind == "sent" else Phase.BEGUN}
