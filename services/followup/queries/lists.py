"""Lists, pages and figures for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.addresses import address_keys
from services.followup.errors import CustomerNotFound, EnrolmentNotFound, MailNotFound
from services.followup.models import (
    AttributeValues,
    Enrolment,
    Invitation,
    Mail,
    Recipient,
    Suppression,
)
from services.followup.queries import sequences as sequence_queries
from services.followup.queries.delivery import attribute_keys
from services.followup.queries.families import home
from shared.web.paging import Page, paginate


def shown(session: Session, sequence: models.Sequence) -> dict[str, Any]:
    """A sequence as the outside sees it."""
    steps = sequence_queries.steps_of(session, [sequence.version_id])
    fields = (
        "id", "name", "state", "purpose", "start_groups", "include_subgroups", "excluding_groups",
        "end_group", "sender", "timezone", "policies", "version", "created_at", "updated_at",
        "activated_at",
    )  # fmt: skip
    return {name: getattr(sequence, name) for name in fields} | {
        "window": sequence.sending_window or None,
        "steps": [_step(step) for step in steps.get(sequence.version_id, [])],
    }


def _step(step: models.Step) -> dict[str, Any]:
    return {
        "key": step.key, "delay": step.delay, "at": step.at, "subject": step.subject,
        "html": step.html, "text": step.text,
    }  # fmt: skip


def list_sequences(
    session: Session, *, limit: int, cursor: str | None, state: str | None = None
) -> Page:
    wanted = select(models.Sequence)
    if state:
        wanted = wanted.where(models.Sequence.state == state)
    page = paginate(session, wanted, keys=[(models.Sequence.id, False)], limit=limit, cursor=cursor)
    page["items"] = [shown(session, sequence) for sequence in page["items"]]
    return page


def list_enrolments(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    sequence_id: UUID | None = None,
    customer_id: UUID | None = None,
    state: str | None = None,
) -> Page:
    """The newest first."""
    wanted = select(Enrolment)
    for column, value in (
        (Enrolment.sequence_id, sequence_id),
        (Enrolment.customer_id, home(session, customer_id) if customer_id else None),
        (Enrolment.state, state),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    page = paginate(session, wanted, keys=[(Enrolment.id, True)], limit=limit, cursor=cursor)
    names = sequence_queries.by_id(session, {e.sequence_id for e in page["items"]})
    people = _people(session, {e.customer_id for e in page["items"]})
    page["items"] = [
        named(found, names) | {"customer": people.get(found.customer_id)} for found in page["items"]
    ]
    return page


def named(enrolment: Enrolment, sequences: dict[UUID, models.Sequence]) -> dict[str, Any]:
    """An enrolment with the name of its sequence."""
    fields = (
        "id", "sequence_id", "customer_id", "entered_as", "group_id", "run", "state", "reason",
        "entered_at", "started_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(enrolment, name) for name in fields} | {
        "sequence_name": sequences[enrolment.sequence_id].name
    }


def enrolment(session: Session, enrolment_id: UUID) -> Enrolment:
    found = session.get(Enrolment, enrolment_id)
    if found is None:
        raise EnrolmentNotFound(enrolment_id=enrolment_id)
    return found


def list_mails(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    customer_id: UUID | None = None,
    sequence_id: UUID | None = None,
    mailing_id: UUID | None = None,
    state: str | None = None,
) -> Page:
    """The newest first."""
    wanted = select(Mail)
    if mailing_id is not None:
        wanted = wanted.where(Mail.id.is_(None))
    for column, value in (
        (Mail.customer_id, home(session, customer_id) if customer_id else None),
        (Mail.sequence_id, sequence_id),
        (Mail.state, state),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    page = paginate(session, wanted, keys=[(Mail.id, True)], limit=limit, cursor=cursor)
    people = _people(session, {found.customer_id for found in page["items"]})
    page["items"] = [_addressed(found, people) for found in page["items"]]
    return page


def mail(session: Session, mail_id: UUID) -> dict[str, Any]:
    found = session.get(Mail, mail_id)
    if found is None:
        raise MailNotFound(mail_id=mail_id)
    return _addressed(found, _people(session, {found.customer_id}))


def _addressed(found: Mail, people: Mapping[UUID, Recipient]) -> dict[str, Any]:
    """A mail with the customer it is for."""
    fields = {column.key: getattr(found, column.key) for column in Mail.__table__.columns}
    return fields | {"customer": people.get(found.customer_id)}


def _people(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """Who these customers are; somebody unknown or erased is left out."""
    known = select(Recipient).where(
        Recipient.customer_id.in_(customer_ids), Recipient.erased_at.is_(None)
    )
    return {person.customer_id: person for person in session.scalars(known)}


def list_suppressions(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    email: str | None = None,
    reason: str | None = None,
) -> Page:
    wanted = select(Suppression)
    if email:
        wanted = wanted.where(Suppression.address_key == address_keys(session).of(email))
    if reason:
        wanted = wanted.where(Suppression.reason == reason)
    return paginate(session, wanted, keys=[(Suppression.id, True)], limit=limit, cursor=cursor)


def statistics(session: Session, sequence_id: UUID) -> dict[str, Any]:
    """How many are where, and what became of the mails."""
    sequence = sequence_queries.sequence(session, sequence_id)
    enrolments = session.execute(
        select(Enrolment.state, func.count())
        .where(Enrolment.sequence_id == sequence_id)
        .group_by(Enrolment.state)
    ).all()
    by_step: dict[str, dict[str, int]] = defaultdict(dict)
    totals: dict[str, int] = defaultdict(int)
    for key, state, count in session.execute(
        select(Mail.step_key, Mail.state, func.count())
        .where(Mail.sequence_id == sequence_id)
        .group_by(Mail.step_key, Mail.state)
    ):
        by_step[key or ""][state] = count
        totals[state] += count
    steps = sequence_queries.steps_of(session, [sequence.version_id])[sequence.version_id]
    keys = list(dict.fromkeys([step.key for step in steps] + sorted(by_step)))
    return {
        "enrolments": {row[0]: row[1] for row in enrolments},
        "mails": dict(totals),
        "steps": [{"key": key, "mails": by_step.get(key, {})} for key in keys],
    }


def person(session: Session, customer_id: UUID) -> tuple[Recipient, dict[str, Any]]:
    """A recipient with all attributes, empty ones too."""
    customer_id = home(session, customer_id)
    found = session.get(Recipient, customer_id)
    if found is None or found.erased_at is not None:
        raise CustomerNotFound(customer_id=customer_id)
    values = session.get(AttributeValues, customer_id)
    return found, attribute_keys(session) | (values.document if values else {})


def wording(session: Session, invitation_id: UUID) -> str | None:
    """What the person is asked to say yes to."""
    found = session.get(Invitation, invitation_id)
    return found.wording if found is not None and found.email is not None else None
