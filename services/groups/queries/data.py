"""Everything about one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups.models import (
    ActivityFact,
    AttributeValues,
    Contact,
    HistoryFact,
    MailFact,
    MergeRecord,
    TopicChoice,
)
from services.groups.queries.forms import submissions_of
from services.groups.queries.memberships import all_spans_of
from shared.values import email_key

HIDDEN = {"customer_id", "mentioned_at", "active_version", "merge_version", "merged_into"}


def person_data(session: Session, customer_id: UUID) -> dict[str, Any]:
    """Return what is stored under exactly this id; empty lists for somebody unknown."""
    contact = session.get(Contact, customer_id)
    values = session.get(AttributeValues, customer_id)
    record = session.get(MergeRecord, customer_id)
    return {
        "customer_id": customer_id,
        "contact": contact and _shown(contact),
        "merged_into": contact and contact.merged_into,
        "merged_at": record and record.merged_at,
        "memberships": all_spans_of(session, customer_id),
        "values": {} if values is None else values.document,
        "submissions": submissions_of(
            session, customer_id, email_key(contact.email) if contact and contact.email else None
        ),
        "topic_choices": list(
            session.scalars(
                select(TopicChoice)
                .where(TopicChoice.customer_id == customer_id)
                .order_by(TopicChoice.group_id)
            )
        ),
        "history": list(
            session.scalars(
                select(HistoryFact)
                .where(HistoryFact.customer_id == customer_id, HistoryFact.deleted.is_(False))
                .order_by(HistoryFact.date, HistoryFact.entry_id)
            )
        ),
        "activities": list(
            session.scalars(
                select(ActivityFact)
                .where(ActivityFact.customer_id == customer_id)
                .order_by(ActivityFact.occurred_at, ActivityFact.activity_id)
            )
        ),
        "mails": list(
            session.scalars(
                select(MailFact)
                .where(MailFact.customer_id == customer_id)
                .order_by(MailFact.mail_id)
            )
        ),
    }


def _shown(contact: Contact) -> dict[str, Any]:
    columns = Contact.__table__.columns.keys()
    return {name: getattr(contact, name) for name in columns if name not in HIDDEN}
