"""Figures of a sequence."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.followup.models import Enrolment, Mail
from services.followup.queries import sequences as sequence_queries


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
