"""The versions of a sequence's steps: published, and never changed after that."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from services.followup.actions.sequences.steps import retire
from services.followup.models import Enrolment, SequenceVersion, Step
from services.followup.models import Sequence as MailSequence
from shared.db import new_id


def replace_steps(
    session: Session, found: MailSequence, former: list[Step], steps: list[Step], now: datetime
) -> None:
    used = session.scalar(
        select(func.count()).select_from(Enrolment).where(Enrolment.version_id == found.version_id)
    )
    newest = session.scalar(
        select(func.max(SequenceVersion.number)).where(SequenceVersion.sequence_id == found.id)
    )
    old = found.version_id
    found.version_id = new_id()
    publish(session, found, steps, (newest or 0) + 1, now)
    if used:
        retire(found, former, steps)
    else:
        session.execute(delete(SequenceVersion).where(SequenceVersion.id == old))


def publish(
    session: Session, found: MailSequence, steps: list[Step], number: int, now: datetime
) -> None:
    session.add(
        SequenceVersion(
            id=found.version_id,
            sequence_id=found.id,
            number=number,
            steps=msgspec.to_builtins(steps),
            created_at=now,
        )
    )
