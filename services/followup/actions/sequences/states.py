"""Sequences at rest, and over for good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.followup.actions import planning
from services.followup.actions.leaving import end
from services.followup.errors import NotPossibleInState
from services.followup.models import Enrolment, EnrolmentState, SequenceState
from services.followup.models import Sequence as MailSequence
from services.followup.models.sequences import not_over
from services.followup.queries import sequences as queries
from shared.errors import PreconditionFailed


def locked(session: Session, sequence_id: UUID, expected: int | None = None) -> MailSequence:
    """The sequence with its version counted up, and locked against every other change."""
    counted = update(MailSequence).where(MailSequence.id == sequence_id)
    if expected is not None:
        counted = counted.where(MailSequence.version == expected)
    changed = session.execute(
        counted.values(version=MailSequence.version + 1).returning(MailSequence.id)
    ).first()
    if changed is None:
        queries.sequence(session, sequence_id)
        raise PreconditionFailed
    found = session.get(MailSequence, sequence_id, populate_existing=True)
    assert found is not None
    return found


def pause(session: Session, sequence_id: UUID, now: datetime) -> MailSequence:
    """No mail of the sequence starts until it is activated again."""
    found = locked(session, sequence_id)
    if found.state not in (SequenceState.ACTIVE, SequenceState.PAUSED):
        raise NotPossibleInState(state=found.state)
    found.state, found.updated_at = SequenceState.PAUSED, now
    session.flush()
    planning.hold_sequence(session, found.id)
    return found


def archive(session: Session, sequence_id: UUID, now: datetime) -> MailSequence:
    """The sequence is over for good; whoever was under way is stopped."""
    found = locked(session, sequence_id)
    found.state, found.updated_at = SequenceState.ARCHIVED, now
    session.flush()
    coming = select(Enrolment).where(Enrolment.sequence_id == found.id, not_over())
    while some := session.scalars(coming.limit(1000)).all():
        end(session, some, EnrolmentState.STOPPED, "sequence_archived", now)
    return found
