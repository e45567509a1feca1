"""The way to the mail server, as all mailers see it; and whether consent is still being heard."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import Table
from sqlalchemy.orm import Session

from services.followup.actions.planning import CHANNEL
from services.followup.models import CircuitBreaker
from shared.db import bulk_upsert, wake

_BREAKERS: Table = CircuitBreaker.__table__  # type: ignore[assignment]
SERVER = "mail server"
FEED = "consent feed"
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
STALE_AFTER = timedelta(seconds=60)


def state(session: Session, name: str) -> CircuitBreaker | None:
    return session.get(CircuitBreaker, name)


def trip(session: Session, reason: str, now: datetime) -> datetime:
    """Something is wrong with us or the server: nobody sends until the returned moment."""
    found = session.get(CircuitBreaker, SERVER)
    failures = (found.failures if found else 0) + 1
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    until = now + pause * random.uniform(0.8, 1.2)
    _write(session, SERVER, failures, until, reason, now)
    return until


def mend(session: Session, now: datetime) -> None:
    """A mail got through."""
    _write(session, SERVER, 0, None, None, now)


def beat(session: Session, at: datetime) -> None:
    """All that customers said until `at` has been heard. Repeated and late ones change nothing."""
    known = session.get(CircuitBreaker, FEED)
    if known is not None and known.changed_at >= at:
        return
    _write(session, FEED, 0, None, None, at)
    if known is None or at - known.changed_at >= STALE_AFTER:
        wake(session, CHANNEL)  # newsletters may have waited for it


def hears(session: Session, now: datetime) -> bool:
    """Whether the events about consent arrive: without them no newsletter starts."""
    feed = session.get(CircuitBreaker, FEED)
    return feed is not None and now - feed.changed_at < STALE_AFTER


def _write(
    session: Session,
    name: str,
    failures: int,
    open_until: datetime | None,
    reason: str | None,
    now: datetime,
) -> None:
    bulk_upsert(
        session,
        _BREAKERS,
        ("name", "failures", "open_until", "reason", "changed_at"),
        [(name, failures, open_until, reason, now)],
        key=("name",),
    )
