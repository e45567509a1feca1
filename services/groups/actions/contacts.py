"""Keeping the copy of customers, and letting go of those who were erased or never came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from services.groups.actions import locks
from services.groups.actions.memberships import end_memberships_of
from services.groups.actions.moves import Telling
from services.groups.actions.submissions import forget_submissions
from services.groups.actions.values import merge_values
from services.groups.models import (
    ActivityFact,
    AttributeValues,
    Contact,
    HistoryFact,
    MailFact,
    MergeRecord,
    PastMembership,
    TopicChoice,
    ValueChange,
)
from services.groups.models.contacts import FOLDED, folded
from shared.db import bulk_upsert, utcnow
from shared.events.customers import CustomerSnapshot
from shared.events.groups import CustomerForgotten
from shared.forgetting import forget
from shared.outbox import publish
from shared.values import email_key, name_sort

_Merged = aliased(Contact)

UNKNOWN_FOR = timedelta(hours=1)
AT_ONCE = 1_000

FROM_SNAPSHOT = (
    "number",
    "registered_at",
    "salutation",
    "title",
    "first_name",
    "last_name",
    "company",
    "email",
    "phone",
    "mobile",
    "street",
    "postal_code",
    "city",
    "country",
    "birthday",
    "language",
    "note",
    "sources",
    "opt_in",
    "opt_in_confirmed_at",
)
MADE = ("folded", "name_sort")
COLUMNS = (
    "customer_id", "version", "active", "active_version", "mentioned_at", *FROM_SNAPSHOT, *MADE,
)  # fmt: skip
ACTIVE = {
    "active": "CASE WHEN new.active_version > old.active_version THEN new.active ELSE old.active END",
    "active_version": "CASE WHEN new.active_version > old.active_version "
    "THEN new.active_version ELSE old.active_version END",
}

HELD_BY = (
    PastMembership.customer_id,
    AttributeValues.customer_id,
    ValueChange.customer_id,
    MergeRecord.loser_id,
    MergeRecord.survivor_id,
    HistoryFact.customer_id,
    ActivityFact.customer_id,
    MailFact.customer_id,
    TopicChoice.customer_id,
)
_NEVER_MERGED = (
    Contact.merge_version == 0,
    Contact.customer_id.not_in(select(_Merged.merged_into).where(_Merged.merged_into.is_not(None))),
)

log = structlog.get_logger(__name__)


def note_contacts(session: Session, snapshots: Iterable[CustomerSnapshot]) -> None:
    """Take over master data. What is older than what is known, or about an erased person, is passed over."""
    locks.share_customers(session)
    newest: dict[UUID, CustomerSnapshot] = {}
    for snapshot in snapshots:
        known = newest.get(snapshot.id)
        if known is None or snapshot.version > known.version:
            newest[snapshot.id] = snapshot
    now = utcnow()
    bulk_upsert(
        session,
        Contact.__table__,
        COLUMNS,
        [
            (
                s.id,
                s.version,
                s.active,
                s.version,
                now,
                *(getattr(s, name) for name in FROM_SNAPSHOT),
                folded((name, getattr(s, name)) for name in FOLDED),
                name_sort(s.last_name, s.first_name, _otherwise(s)),
            )
            for _, s in sorted(newest.items())
        ],
        key=("customer_id",),
        update=("version", *FROM_SNAPSHOT, *MADE),
        set_=ACTIVE,
        where="old.erased_at IS NULL AND new.version > old.version",
    )


def _otherwise(snapshot: CustomerSnapshot) -> str:
    """Return what somebody without a name is known by."""
    return snapshot.company or snapshot.email or snapshot.phone or snapshot.mobile or ""


def note_activity(session: Session, changes: Iterable[tuple[UUID, int, bool]]) -> None:
    """Take over whether customers are active, given as (customer_id, version, active)."""
    locks.share_customers(session)
    newest: dict[UUID, tuple[int, bool]] = {}
    for customer_id, version, active in changes:
        newest[customer_id] = max(newest.get(customer_id, (0, True)), (version, active))
    now = utcnow()
    bulk_upsert(
        session,
        Contact.__table__,
        ("customer_id", "version", "active", "active_version", "mentioned_at", "sources", "opt_in"),
        [(c, 0, active, v, now, [], "none") for c, (v, active) in sorted(newest.items())],
        key=("customer_id",),
        update=(),
        set_=ACTIVE,
        where="old.erased_at IS NULL",
    )


def erase_contacts(session: Session, erased: Iterable[tuple[UUID, int, datetime]]) -> None:
    """Let go of everything about people, given as (customer_id, version, erased_at); only that stays.

    It is told once all of it is done.
    """
    # A fact about one of them that is being written now is there to be deleted, or finds them erased.
    locks.lock_facts(session)
    locks.share_customers(session)
    now = utcnow()
    tombstones = {c: (version, at) for c, version, at in erased}
    ids = sorted(tombstones)
    end_memberships_of(session, ids, Telling(by="", source="customer_erased"), now=now)
    forget_submissions(session, ids, _addresses(session, ids))
    for column in HELD_BY:
        session.execute(delete(column.class_).where(column.in_(ids)))
    nothing: dict[str, Any] = {
        **dict.fromkeys(FROM_SNAPSHOT), "sources": [], "opt_in": "none", "folded": {}, "name_sort": "",
    }  # fmt: skip
    bulk_upsert(
        session,
        Contact.__table__,
        ("erased_at", "merged_into", *COLUMNS),
        [
            (at, None, c, version, False, version, at, *nothing.values())
            for c, (version, at) in sorted(tombstones.items())
        ],
        key=("customer_id",),
        where="old.erased_at IS NULL",
    )
    forget(session, ids)
    publish(session, *(CustomerForgotten(customer_id=c, occurred_at=now) for c in ids))


def _addresses(session: Session, customer_ids: Sequence[UUID]) -> set[str]:
    found = session.scalars(
        select(Contact.email).where(
            Contact.customer_id.in_(customer_ids), Contact.email.is_not(None)
        )
    )
    return {email_key(email) for email in found if email}


def forget_unknown(session: Session, now: datetime) -> int:
    """Remove memberships and values of customers who were mentioned an hour ago and have not come since.

    Of whom a merge was told, they are on their way, however long it takes.
    Returns how many such customers there were; they are named in the log.
    """
    locks.share_customers(session)
    overdue = sorted(
        session.scalars(
            select(Contact.customer_id)
            .where(
                Contact.version == 0,
                Contact.erased_at.is_(None),
                Contact.mentioned_at < now - UNKNOWN_FOR,
                *_NEVER_MERGED,
            )
            .order_by(Contact.mentioned_at)
            .limit(AT_ONCE)
        )
    )
    if not overdue:
        return 0
    locks.lock_customers(session, overdue)
    # Locked only now: who came meanwhile is known, and stays.
    unknown = sorted(
        session.scalars(
            select(Contact.customer_id).where(
                Contact.customer_id.in_(overdue), Contact.version == 0, *_NEVER_MERGED
            )
        )
    )
    _forget(session, unknown, now)
    for customer_id in unknown:
        log.warning("unknown customer removed from groups", customer_id=str(customer_id))
    return len(unknown)


def _forget(session: Session, customer_ids: Sequence[UUID], now: datetime) -> None:
    telling = Telling(by="", source="customer_unknown")
    end_memberships_of(session, customer_ids, telling, now=now)
    stored = session.execute(
        select(AttributeValues.customer_id, AttributeValues.document).where(
            AttributeValues.customer_id.in_(customer_ids)
        )
    )
    merge_values(session, {c: dict.fromkeys(document) for c, document in stored}, now=now)
    session.execute(delete(PastMembership).where(PastMembership.customer_id.in_(customer_ids)))
    session.execute(delete(Contact).where(Contact.customer_id.in_(customer_ids)))
