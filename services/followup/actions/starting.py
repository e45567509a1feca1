"""The first mail of those who enter a sequence, now or when their waiting is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.followup import models, schedule
from services.followup.actions import planning
from services.followup.models import Enrolment, EnrolmentState
from services.followup.queries import sequences as queries
from services.followup.queries.standings import slices
from services.followup.queries.zones import zones
from shared.events.followup import SequenceStarted
from shared.outbox import publish


class Starting(NamedTuple):
    enrolment_id: UUID
    customer_id: UUID
    spread: bool
    sequence: models.Sequence
    version_id: UUID
    entered_as: UUID | None = None
    had: tuple[str, ...] = ()  # steps that the person has had in another way through it


def begin(session: Session, starting: Sequence[Starting], now: datetime) -> None:
    """Plan the first mail of each and tell that the sequence has started."""
    steps = queries.steps_of(session, {s.version_id for s in starting})
    alike: dict[tuple[UUID, tuple[str, ...]], list[Starting]] = defaultdict(list)
    for start in starting:
        alike[start.version_id, start.had].append(start)
    for (version_id, had), some in alike.items():
        sequence = some[0].sequence
        first = next((step for step in steps[version_id] if step.key not in had), None)
        if first is not None:
            _plan_first(session, sequence, version_id, first, some, now)
    publish(
        session,
        *(
            SequenceStarted(
                customer_id=s.customer_id,
                enrolment_id=s.enrolment_id,
                sequence_id=s.sequence.id,
                sequence_name=s.sequence.name,
                occurred_at=now,
            )
            for s in starting
        ),
    )


def _plan_first(
    session: Session,
    sequence: models.Sequence,
    version_id: UUID,
    step: models.Step,
    starting: Sequence[Starting],
    now: datetime,
) -> None:
    zone_of = zones(session, [sequence], {s.customer_id for s in starting}).of
    # Without spreading all in one zone start at the same moment: its schedule is worked out once.
    at_once: dict[ZoneInfo, datetime] = {}
    planned = []
    for s in starting:
        zone = zone_of(sequence, s.customer_id)
        due = None if s.spread else at_once.get(zone)
        if due is None:
            due = schedule.when(
                sequence, step, now, zone, enrolment_id=s.enrolment_id, spread_out=s.spread
            )
            if not s.spread:
                at_once[zone] = due
        planned.append(planning.Planned(s.customer_id, s.enrolment_id, step, due, s.entered_as))
    paused = sequence.state != models.SequenceState.ACTIVE
    planning.plan_steps(session, sequence, version_id, planned, now, paused=paused)


def start_waiting(session: Session, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """Nothing stands in the way of these any more: begin, with the present steps of their sequence."""
    sequences = queries.by_id(session, {e.sequence_id for e in enrolments})
    starting = []
    for enrolment in enrolments:
        sequence = sequences[enrolment.sequence_id]
        starting.append(
            Starting(
                enrolment.id, enrolment.customer_id, enrolment.spread, sequence,
                sequence.version_id, enrolment.entered_as, enrolment.had,
            )
        )  # fmt: skip
    for some in slices([s.enrolment_id for s in starting]):
        session.execute(
            update(Enrolment)
            .where(Enrolment.id.in_(some), Enrolment.state == EnrolmentState.WAITING)
            .values(state=EnrolmentState.ACTIVE, reason=None, started_at=now)
        )
    for version_id, ids in _by_version(starting).items():
        session.execute(
            update(Enrolment).where(Enrolment.id.in_(ids)).values(version_id=version_id)
        )
    begin(session, starting, now)


def _by_version(starting: Iterable[Starting]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for start in starting:
        found[start.version_id].append(start.enrolment_id)
    return found
