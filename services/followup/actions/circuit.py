"""The ways that mails take, as all mailers see them; and whether consent is still being heard.

Whose fault it is that a mail is not taken decides which way is closed for a while: the one to the mail
server, everything from a sender, or everything to a domain. One recipient alone closes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Table, delete, func, or_, select
from sqlalchemy.orm import Session

from services.followup.actions.planning import CHANNEL
from services.followup.models import CircuitBreaker, Refusal
from shared.db import bulk_upsert, wake

if TYPE_CHECKING:
    from services.followup.actions.delivery import Ready
    from services.followup.sending.handover import Outcome

_BREAKERS: Table = CircuitBreaker.__table__  # type: ignore[assignment]
_REFUSALS: Table = Refusal.__table__  # type: ignore[assignment]
SERVER = "mail server"
FEED = "consent feed"
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
STALE_AFTER = timedelta(seconds=60)
# A way that nobody tried for so long is as good as new.
FORGOTTEN_AFTER = timedelta(hours=1)
# Refusals within this time belong together.
TOGETHER = timedelta(minutes=10)
RECIPIENTS_OF_A_DOMAIN = 2
DOMAINS_OF_A_SENDER = 3


class Circuits(NamedTuple):
    """What is known of all ways at one moment: only those in trouble, by name."""

    server: Any | None
    refusing: dict[str, Any]
    hears: bool


def look(session: Session, now: datetime) -> Circuits:
    """All that a portion needs, in one question."""
    rows = session.execute(
        select(_BREAKERS).where(or_(_BREAKERS.c.name == FEED, _BREAKERS.c.failures > 0))
    )
    found = {row.name: row for row in rows}
    feed, server = found.pop(FEED, None), found.pop(SERVER, None)
    return Circuits(server, found, feed is not None and now - feed.changed_at < STALE_AFTER)


def hears(session: Session, now: datetime) -> bool:
    """Whether the events about consent arrive: without them no newsletter starts."""
    return look(session, now).hears


def ways(mail: Ready) -> tuple[str, str]:
    """The circuits that a mail must pass after the one of the mail server."""
    return of_sender(mail.sender), of_domain(mail.to)


def of_sender(address: str) -> str:
    return f"sender:{address.lower()}"


def of_domain(address: str) -> str:
    return f"domain:{_domain(address)}"


def learn(
    session: Session,
    known: Circuits,
    outcomes: Sequence[tuple[Ready, Outcome]],
    now: datetime,
) -> dict[str, datetime]:
    """What became of a portion closes ways and opens them; returns those closed now, and until when."""
    sent = [mail for mail, outcome in outcomes if outcome.kind == "sent"]
    if sent:
        _open(session, known, sent, now)
    closed: dict[str, datetime] = {}
    for mail, outcome in outcomes:
        match outcome.kind:
            case "away":
                name: str | None = SERVER
            case "sender_refused":
                name = of_sender(mail.sender)
            case "refused":
                name = _whose(session, known, mail, now)
            case _:
                continue
        if name is not None and name not in closed:
            closed[name] = trip(session, name, outcome.impersonal, now)
    return closed


def trip(session: Session, name: str, reason: str, now: datetime) -> datetime:
    """Nobody goes this way until the returned moment."""
    found = session.get(CircuitBreaker, name, populate_existing=True)
    goes_on = found is not None and now - found.changed_at < FORGOTTEN_AFTER
    failures = (found.failures if found is not None and goes_on else 0) + 1
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    until = now + pause * random.uniform(0.8, 1.2)
    _write(session, name, failures, until, reason, now)
    return until


def beat(session: Session, at: datetime) -> None:
    """All that customers said until `at` has been heard. Repeated and late ones change nothing."""
    known = session.get(CircuitBreaker, FEED)
    if known is not None and known.changed_at >= at:
        return
    _write(session, FEED, 0, None, None, at)
    if known is None or at - known.changed_at >= STALE_AFTER:
        wake(session, CHANNEL)  # newsletters may have waited for it


def forget_refusals(session: Session, now: datetime) -> None:
    """What was refused some time ago tells nothing any more."""
    session.execute(delete(_REFUSALS).where(_REFUSALS.c.refused_at < now - TOGETHER))


def _open(session: Session, known: Circuits, sent: Iterable[Ready], now: datetime) -> None:
    """Mails got through."""
    if known.server is not None:
        _write(session, SERVER, 0, None, None, now)
    if known.refusing:
        passed = {way for mail in sent for way in ways(mail)} & known.refusing.keys()
        if passed:
            session.execute(delete(_BREAKERS).where(_BREAKERS.c.name.in_(sorted(passed))))


def _whose(session: Session, known: Circuits, mail: Ready, now: datetime) -> str | None:
    """The way that a refusal by policy closes, with others lately; None: it is the recipient's own matter."""
    sender, domain = mail.sender.lower(), _domain(mail.to)
    bulk_upsert(
        session,
        _REFUSALS,
        ("sender", "domain", "customer_id", "refused_at"),
        [(sender, domain, mail.customer_id, now)],
        key=("sender", "domain", "customer_id"),
    )
    lately = (_REFUSALS.c.sender == sender, _REFUSALS.c.refused_at >= now - TOGETHER)
    recipients: dict[str, int] = {
        row.domain: row.recipients
        for row in session.execute(
            select(_REFUSALS.c.domain, func.count().label("recipients"))
            .where(*lately)
            .group_by(_REFUSALS.c.domain)
        )
    }
    way_of_sender, way_of_domain = ways(mail)
    if len(recipients) >= DOMAINS_OF_A_SENDER or way_of_sender in known.refusing:
        return way_of_sender
    if recipients[domain] >= RECIPIENTS_OF_A_DOMAIN or way_of_domain in known.refusing:
        return way_of_domain
    return None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


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
