"""Mails whose way is closed for a while wait for it; one at a time tries whether it is open again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, func, update
from sqlalchemy.orm import Session

from services.followup.actions import advancing, circuit
from services.followup.models import Mail
from services.followup.queries.scripts import Scripts

if TYPE_CHECKING:
    from services.followup.actions.delivery import Ready

_MAILS: Table = Mail.__table__  # type: ignore[assignment]
# So often a way was tried in vain, over an hour and more, before those who wait are given up with it.
LONG_IN_VAIN = 20


def let_through(
    session: Session,
    ready: Iterable[Ready],
    refusing: dict[str, Any],
    scripts: Scripts,
    now: datetime,
) -> list[Ready]:
    """The mails that may be handed over. The others are put off, or have waited for too long."""
    free: list[Ready] = []
    tried: set[str] = set()
    waiting: dict[str, list[Ready]] = defaultdict(list)
    for mail in ready:
        closed = [way for way in circuit.ways(mail) if way in refusing]
        shut = next((way for way in closed if way in tried or _is_shut(refusing[way], now)), None)
        if shut is None:
            tried.update(closed)
            free.append(mail)
        else:
            waiting[shut].append(mail)
    for way, mails in sorted(waiting.items()):
        _put_off(session, mails, refusing[way], scripts, now)
    return free


def _is_shut(breaker: Any, now: datetime) -> bool:
    return breaker.open_until is not None and breaker.open_until > now


def _put_off(
    session: Session, mails: Sequence[Ready], breaker: Any, scripts: Scripts, now: datetime
) -> None:
    """They would have been refused, so from now on their days are counted."""
    in_vain = breaker.failures >= LONG_IN_VAIN
    over = [m for m in mails if in_vain and now - m.first_tried_at > advancing.GIVE_UP_AFTER]
    for mail in over:
        advancing.give_up(session, scripts, mail, breaker.reason or "", now)
    late = {mail.id for mail in over}
    session.execute(
        update(_MAILS)
        .where(_MAILS.c.id.in_([mail.id for mail in mails if mail.id not in late]))
        .values(
            due_at=max(breaker.open_until, now + circuit.FIRST_PAUSE),
            reason=advancing.still_again(breaker.reason or ""),
            first_tried_at=func.coalesce(_MAILS.c.first_tried_at, now),
        )
    )
