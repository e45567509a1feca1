"""Keeping what is told of customers' history, activities and mails, for selections to ask about.

Who tells such a fact knows the customer, so one who has not been heard of here is on the way: the fact waits
for them. Of people who were erased nothing is kept, also when it comes late.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.models import ActivityFact, HistoryFact, MailFact
from services.groups.models.contacts import folded
from shared.db import bulk_upsert
from shared.events.customers import (
    ActivityRecorded,
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
    Money,
)
from shared.events.followup import MailBounced, MailFailed, MailSent

HistoryEvent = HistoryEntryAdded | HistoryEntryChanged | HistoryEntryDeleted
MailEvent = MailSent | MailFailed | MailBounced

_HISTORY = tuple(HistoryFact.__table__.columns.keys())
_ACTIVITY = tuple(ActivityFact.__table__.columns.keys())
_MAIL = tuple(MailFact.__table__.columns.keys())

ENDS: dict[type[MailEvent], str] = {
    MailSent: "sent_at",
    MailFailed: "failed_at",
    MailBounced: "bounced_at",
}
# Each event adds what it knows. The first time counts, so that the order in which they come does not matter.
_MERGED = {
    **{name: f"COALESCE(old.{name}, new.{name})" for name in ("sequence_id", "mailing_id")},
    **{
        name: f"CASE WHEN old.{name} < new.{name} THEN old.{name} "
        f"ELSE COALESCE(new.{name}, old.{name}) END"
        for name in ENDS.values()
    },
}


def keep_history(session: Session, events: Sequence[HistoryEvent]) -> None:
    """Keep the entries as they were told last. Of a deleted one it stays known that it was."""
    erased = _erased(session, {e.customer_id for e in events})
    newest: dict[UUID, HistoryEvent] = {}
    for event in events:
        known = newest.get(event.entry_id)
        if event.customer_id not in erased and (known is None or event.version > known.version):
            newest[event.entry_id] = event
    bulk_upsert(
        session,
        HistoryFact.__table__,
        _HISTORY,
        [_history_row(event) for _, event in sorted(newest.items())],
        key=("entry_id",),
        where="new.version > old.version",
    )


def _history_row(event: HistoryEvent) -> tuple[Any, ...]:
    key = (event.entry_id, event.customer_id, event.version)
    if isinstance(event, HistoryEntryDeleted):
        return (*key, True, None, None, None, None, None, {}, {})
    return (
        *key,
        False,
        event.date,
        event.staff,
        event.info,
        event.action,
        event.text,
        {
            **folded((name, getattr(event, name)) for name in ("staff", "info", "action", "text")),
            "attributes": folded(event.attributes.items()),
        },
        event.attributes,
    )


def keep_activities(session: Session, events: Sequence[ActivityRecorded]) -> None:
    """Keep what happened. An activity never changes, so each is written once."""
    erased = _erased(session, {e.customer_id for e in events})
    told = {e.activity_id: e for e in events if e.customer_id not in erased}
    bulk_upsert(
        session,
        ActivityFact.__table__,
        _ACTIVITY,
        [
            (
                activity_id,
                e.customer_id,
                e.kind,
                e.source,
                e.occurred_at,
                None if e.revenue is None else _cents(e.revenue),
                None if e.revenue is None else e.revenue.currency,
                e.attributes,
            )
            for activity_id, e in sorted(told.items())
        ],
        key=("activity_id",),
        update=(),
    )


def _cents(money: Money) -> int:
    return int(Decimal(money.amount).scaleb(2))


def keep_mails(session: Session, events: Sequence[MailEvent]) -> None:
    """Keep what became of mails: the events about one add up, in whatever order."""
    erased = _erased(session, {e.customer_id for e in events})
    first: dict[tuple[UUID, str], MailEvent] = {}
    for event in events:
        end = (event.mail_id, ENDS[type(event)])
        known = first.get(end)
        if event.customer_id not in erased and (
            known is None or event.occurred_at < known.occurred_at
        ):
            first[end] = event
    for end_name in ENDS.values():
        bulk_upsert(
            session,
            MailFact.__table__,
            _MAIL,
            [_mail_row(e, name) for (_, name), e in sorted(first.items()) if name == end_name],
            key=("mail_id",),
            update=(),
            set_=_MERGED,
        )


def _mail_row(event: MailEvent, end: str) -> tuple[Any, ...]:
    ends: list[datetime | None] = [
        event.occurred_at if name == end else None for name in ENDS.values()
    ]
    origin = (
        (None, None) if isinstance(event, MailBounced) else (event.sequence_id, event.mailing_id)
    )
    return (event.mail_id, event.customer_id, *origin, *ends)


def _erased(session: Session, customer_ids: Collection[UUID]) -> set[UUID]:
    """Return who was erased; nobody else is until this transaction ends."""
    locks.share_facts(session)
    return queries.erased_of(session, customer_ids)
