"""What comes next for a customer in a sequence, and why something does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup import models, rules, schedule
from services.followup.models import Enrolment, EnrolmentState, Mail, MailState, SequenceState
from services.followup.queries import sequences as sequence_queries
from services.followup.queries.enrolments import enrolment
from services.followup.queries.standings import standings
from services.followup.queries.zones import zones

_TO_COME = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.WAITING)


def plan(session: Session, enrolment_id: UUID, now: datetime) -> dict[str, Any]:
    """Each step of a customer's way with its date, by the rules that the mailer goes by."""
    found = enrolment(session, enrolment_id)
    sequence = sequence_queries.sequence(session, found.sequence_id)
    steps = sequence_queries.steps_of(session, [found.version_id])[found.version_id]
    mails = {
        mail.step_key: mail
        for mail in session.scalars(select(Mail).where(Mail.enrolment_id == found.id))
    }
    reason = _deciding_fact(session, found, sequence)
    coming = found.state in _TO_COME
    since = found.started_at or now
    zone = zones(session, [sequence], [found.customer_id]).of(sequence, found.customer_id)
    planned = []
    for step in steps:
        mail = mails.get(step.key)
        if mail is not None:
            at = mail.sent_at or mail.due_at or mail.planned_at
            planned.append(_shown_mail(step, mail, at, reason))
            since = max(at, now) if mail.state == MailState.DUE else at
            continue
        due = schedule.when(sequence, step, since, zone, enrolment_id=found.id) if coming else None
        planned.append(
            {
                "key": step.key, "subject": step.subject, "at": due, "mail_id": None,
                "state": "planned" if coming else "skipped", "reason": reason,
            }
        )  # fmt: skip
        since = due or since
    return {
        "enrolment_id": found.id, "state": found.state, "reason": found.reason, "steps": planned,
    }  # fmt: skip


def _shown_mail(step: models.Step, mail: Mail, at: datetime, reason: str | None) -> dict[str, Any]:
    open_ = mail.state in (MailState.DUE, MailState.SENDING)
    return {
        "key": step.key, "subject": mail.subject or step.subject, "at": at, "state": mail.state,
        "reason": mail.reason or (reason if open_ else None), "mail_id": mail.id,
    }  # fmt: skip


def _deciding_fact(session: Session, found: Enrolment, sequence: models.Sequence) -> str | None:
    """Why the next mail does not go, as things are now; None if nothing stands in the way."""
    if found.state not in _TO_COME:
        return found.reason or found.state
    if sequence.state != SequenceState.ACTIVE:
        return f"sequence_{sequence.state}"
    standing = standings(session, [found.customer_id]).get(found.customer_id, rules.UNKNOWN)
    return rules.obstacle(sequence.purpose, standing) or found.reason
