"""Figures, counted in the transaction that makes them true, without anybody waiting for anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from services.followup.models import Figure, Mail, StatChange, StatTotal
from services.followup.queries.days import day_of, zones_of
from shared.db import bulk_insert, bulk_upsert

_CHANGES: Table = StatChange.__table__  # type: ignore[assignment]
_TOTALS: Table = StatTotal.__table__  # type: ignore[assignment]
SUMMED_AT_ONCE = 20_000


def count_mails(
    session: Session, mails: Iterable[Any], figure: Figure, at: datetime, times: int = 1
) -> None:
    """Count these mails, few rows however many they are; those of no sequence are not counted.

    A mail is counted when it is planned, and once more when it ends: sent, uncertain, failed, bounced or
    skipped. If it turns out that it has not ended so, `uncount` it first.
    """
    found = Counter(
        (mail.sequence_id, mail.version_id, mail.step_key)
        for mail in mails
        if mail.sequence_id is not None
    )
    _note(session, {(*whose, figure, at): n * times for whose, n in found.items()})


def count_ways(
    session: Session, ways: Iterable[Any], figure: Figure, at: datetime, times: int = 1
) -> None:
    """Count ways through sequences: enrolled, and once more if completed."""
    found = Counter((way.sequence_id, way.version_id, "") for way in ways)
    _note(session, {(*whose, figure, at): n * times for whose, n in found.items()})


def count(
    session: Session,
    owner: UUID,
    version_id: UUID,
    figure: Figure,
    at: datetime,
    n: int = 1,
    step_key: str = "",
) -> None:
    """Add `n` to a figure. What has no versions, such as a mailing, is its own only version."""
    _note(session, {(owner, version_id, step_key, figure, at): n})


def uncount(session: Session, mails: Iterable[Mail]) -> None:
    """These mails have ended, and now turn out not to have ended so: the day that counted them does not."""
    for mail in mails:
        count_mails(session, [mail], Figure(mail.state), mail.ended_at or mail.planned_at, -1)


def answered(session: Session, mail_id: UUID | None, figure: Figure, at: datetime) -> None:
    """Somebody has unsubscribed, or complained, because of this mail. One that is gone counts for nothing."""
    if mail_id is not None:
        its = select(Mail.sequence_id, Mail.version_id, Mail.step_key).where(Mail.id == mail_id)
        count_mails(session, session.execute(its).all(), figure, at)


def _note(session: Session, counts: dict[tuple[UUID, UUID, str, Figure, datetime], int]) -> None:
    bulk_insert(
        session,
        _CHANGES,
        ("owner", "version_id", "step_key", "figure", "at", "count"),
        [(*what, n) for what, n in counts.items() if n],
    )


def sum_up(session: Session) -> int:
    """Add what transactions counted to the totals of its days. Returns how many rows there were."""
    oldest = select(StatChange.id).order_by(StatChange.id).limit(SUMMED_AT_ONCE)
    changes = session.execute(
        delete(StatChange)
        .where(StatChange.id.in_(oldest.with_for_update(skip_locked=True)))
        .returning(
            StatChange.owner, StatChange.version_id, StatChange.step_key, StatChange.figure,
            StatChange.at, StatChange.count,
        )
    ).all()  # fmt: skip
    zones = zones_of(session, {row.owner for row in changes})
    totals: Counter[tuple[Any, ...]] = Counter()
    for owner, version_id, step_key, figure, at, n in changes:
        totals[owner, version_id, step_key, figure, day_of(at, zones.get(owner))] += n
    bulk_upsert(
        session,
        _TOTALS,
        ("owner", "version_id", "step_key", "figure", "day", "count"),
        [(*key, totals[key]) for key in sorted(totals)],
        key=("owner", "version_id", "step_key", "figure", "day"),
        set_={"count": "old.count + new.count"},
    )
    return len(changes)
