"""Dead letters about people who were erased: they go too, also those that wait on the broker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.consumer import Handler, passes
from shared.consumer.connection import TROUBLE
from shared.db import Database
from shared.deadletters import DeadLetter, DeadLetters, dead_letters_of
from shared.events import Event
from shared.events.base import decode_envelope

log = structlog.get_logger(__name__)

EVERY_S = 3600.0
AT_ONCE = 1_000

Erased = Callable[[Session, Collection[UUID]], set[UUID]]
"""Tells which of these customers a service knows to be erased."""


def sweeper(
    settings: Settings, database: Database, handlers: Mapping[type[Event], Handler], erased: Erased
) -> Callable[[threading.Event], None]:
    """Return a loop that sweeps a service's dead letters once an hour."""
    letters = dead_letters_of(settings, database, handlers)

    def loop(stop: threading.Event) -> None:
        while not stop.wait(EVERY_S):
            try:
                sweep(letters, database, erased)
            except Exception as error:
                if not (passes(error) or isinstance(error, TROUBLE)):
                    raise
                log.warning("dead letters not swept", cause=type(error).__name__)

    return loop


def sweep(letters: DeadLetters, database: Database, erased: Erased) -> int:
    """Drop the dead letters about people who were erased; return how many.

    What waits on the broker cannot be reached within the transaction of an erasure, so this comes after it.
    """
    about = {
        letter.id: subject
        for letter in letters.list(AT_ONCE)
        if (subject := _subject(letter)) is not None
    }
    if not about:
        return 0
    with database.reading() as session:
        gone = erased(session, set(about.values()))
    dropped = letters.drop([i for i, subject in about.items() if subject in gone]) if gone else 0
    if dropped:
        log.info("dead letters of erased people dropped", letters=dropped)
    return dropped


def _subject(letter: DeadLetter) -> UUID | None:
    try:
        return UUID(decode_envelope(letter.raw).subject)
    except (msgspec.DecodeError, TypeError, ValueError):
        return None
