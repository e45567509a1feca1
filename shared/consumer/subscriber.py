"""Handling messages: one transaction for a batch, each message once, and no message lost because it fails."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from shared import inbox, metrics
from shared.consumer.burial import Bury, InTable, Reason
from shared.consumer.letters import Letter, Opener, Unreadable
from shared.consumer.passing import Passing, passes
from shared.consumer.runs import runs_of
from shared.crashpoints import crashpoint
from shared.db import Database
from shared.events import Event
from shared.outbox import Message

log = structlog.get_logger(__name__)

Handler = Callable[[Session, list[Any]], None]

LIVES = 3
"""A message that has taken so many processes with it is buried before it takes the next one."""


class Subscriber:
    """What one service does when messages arrive. Belongs to one thread."""

    def __init__(
        self,
        service: str,
        database: Database,
        handlers: Mapping[type[Event], Handler],
        *,
        bury: Bury | None = None,
    ) -> None:
        self.service = service
        self.database = database
        self.hears = frozenset(kind.name for kind in handlers)
        self._handlers = dict(handlers)
        self._opener = Opener(handlers)
        self._bury = bury or InTable(database)
        self._figures = metrics.Handling(service)
        self._begun: set[UUID] = set()

    def process(self, messages: Sequence[Message], *, suspicious: bool = False) -> None:
        """Handle the messages in their order; return when every one is either handled or buried for good.

        `suspicious` messages were under way when a process died: they are handled one at a time, and counted.
        Raises Passing if the cause of a failure passes by itself; then try the same messages again later.
        """
        try:
            letters = list(self._open(messages))
            if suspicious:
                self._one_by_one(letters, counted=True)
            elif letters:
                self._together_or_one_by_one(letters)
        except Exception as error:
            if passes(error):
                raise Passing(place_of(error)) from error
            raise

    def _open(self, messages: Iterable[Message]) -> Iterator[Letter]:
        seen: set[UUID] = set()
        for message in messages:
            try:
                letter = self._opener.open(message)
            except Unreadable as error:
                self._give_up(message, Reason.UNREADABLE, str(error))
                continue
            if letter is None:
                self._figures.ignored()
            elif letter.event_id not in seen:
                seen.add(letter.event_id)
                yield letter

    def _together_or_one_by_one(self, letters: Sequence[Letter]) -> None:
        try:
            self._together(letters)
        except Exception as error:
            if passes(error):
                raise
            self._one_by_one(letters, counted=False)

    def _one_by_one(self, letters: Sequence[Letter], *, counted: bool) -> None:
        if counted:
            with self.database.reading() as session:
                seen = inbox.known(session, [letter.event_id for letter in letters])
            letters = [letter for letter in letters if letter.event_id not in seen]
        for letter in letters:
            if counted and not self._survivable(letter):
                continue
            try:
                self._alone(letter)
            except Exception as error:
                if passes(error):
                    raise
                self._give_up(letter.message, Reason.FAILED, describe(error), letter, error)

    def _survivable(self, letter: Letter) -> bool:
        """Count that the letter is begun once more in this life. False if it took too many before."""
        if letter.event_id in self._begun:
            return True
        with self.database.transaction() as session:
            lives = inbox.begin_attempt(session, letter.event_id)
        self._begun.add(letter.event_id)
        if lives <= LIVES:
            return True
        self._give_up(letter.message, Reason.DEADLY, f"{LIVES} processes ended in it", letter)
        with self.database.transaction() as session:
            inbox.end_attempts(session, letter.event_id)
        return False

    def _alone(self, letter: Letter) -> None:
        """Handle one letter. A clash with another process (a unique key, say) is gone the second time."""
        try:
            self._together([letter])
        except Exception as error:
            if passes(error):
                raise
            self._together([letter])
        self._begun.discard(letter.event_id)

    def _together(self, letters: Sequence[Letter]) -> None:
        started = time.monotonic()
        with self.database.transaction() as session:
            new = take_in(session, letters, self._handlers)
            if len(letters) == 1 and letters[0].event_id in self._begun:
                inbox.end_attempts(session, letters[0].event_id)
            crashpoint("consumer.before_commit")
        crashpoint("consumer.after_commit")
        self._figures.handled(new, len(letters) - new, letters[-1].time, time.monotonic() - started)

    def _give_up(
        self,
        message: Message,
        reason: Reason,
        error: str,
        letter: Letter | None = None,
        cause: BaseException | None = None,
    ) -> None:
        crashpoint("consumer.before_bury")
        self._bury(message, reason, error)
        crashpoint("consumer.after_bury")
        self._figures.buried()
        # What the error says may hold a customer's data: that stays in the dead letter.
        log.error(
            "message buried",
            service=self.service,
            event_type=message.name,
            event_id=None if letter is None else str(letter.event_id),
            reason=str(reason),
            place=None if cause is None else place_of(cause),
        )


def take_in(
    session: Session, letters: Sequence[Letter], handlers: Mapping[type[Event], Handler]
) -> int:
    """Hand what was not handled before to the handlers, by type. Return how many letters that was."""
    seen = inbox.receive(session, [letter.event_id for letter in letters])
    new = [letter.event for letter in letters if letter.event_id not in seen]
    for events in runs_of(new):
        handlers[type(events[0])](session, events)
    return len(new)


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def place_of(error: BaseException) -> str:
    """Name the error and where it was raised, without what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "site-packages" not in f.filename] or list(frames)
    where = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{where}"
