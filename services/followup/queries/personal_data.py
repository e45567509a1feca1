"""All that this service knows of one person, for whoever asks what is stored about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import (
    AttributeValues,
    Enrolment,
    Invitation,
    Mail,
    Membership,
    Recipient,
    Suppression,
    TopicChoice,
)
from services.followup.queries import sequences as sequence_queries

_NOT_THE_PERSONS = {"address_key", "consent", "consent_version", "consent_at", "active_version"}


def personal_data(session: Session, customer_id: UUID) -> dict[str, Any]:
    """What stands under this id, and what came about under it before the customer was merged."""
    known = session.get(Recipient, customer_id)
    values = session.get(AttributeValues, customer_id)
    invitations = _of(session, Invitation, customer_id)
    keys = {row["address_key"] for row in invitations}
    if known is not None and known.address_key:
        keys.add(known.address_key)
    enrolments = _of(session, Enrolment, customer_id)
    names = sequence_queries.by_id(session, {row["sequence_id"] for row in enrolments})
    for row in enrolments:
        row["sequence_name"] = names[row["sequence_id"]].name
    memberships = session.scalars(select(Membership).where(Membership.customer_id == customer_id))
    choices = session.scalars(select(TopicChoice).where(TopicChoice.customer_id == customer_id))
    suppressions = session.scalars(select(Suppression).where(Suppression.address_key.in_(keys)))
    return {
        "customer_id": customer_id,
        "recipient": _fields(known, _NOT_THE_PERSONS) if known else None,
        "consent": {"state": known.consent, "at": known.consent_at} if known else None,
        "attributes": values.document if values else {},
        "memberships": [_fields(row) for row in memberships],
        "topic_choices": [_fields(row) for row in choices],
        "enrolments": enrolments,
        "mails": _of(session, Mail, customer_id),
        "invitations": invitations,
        "suppressions": [_fields(row) for row in suppressions],
    }


def _of(
    session: Session, model: type[Enrolment] | type[Mail] | type[Invitation], customer_id: UUID
) -> list[dict[str, Any]]:
    here = (model.customer_id == customer_id) | (model.entered_as == customer_id)
    return [_fields(row) for row in session.scalars(select(model).where(here).order_by(model.id))]


def _fields(row: Any, without: set[str] | None = None) -> dict[str, Any]:
    names = [column.key for column in row.__table__.columns]
    return {name: getattr(row, name) for name in names if name not in (without or ())}
