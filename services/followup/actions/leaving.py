"""Customers pausing in sequences, going on, and leaving them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.actions import planning
from services.followup.actions.counting import count_ways
from services.followup.errors import EnrolmentEnded, EnrolmentNotFound
from services.followup.models import Enrolment, EnrolmentState, Figure
from services.followup.models.sequences import LIVE, not_over
from services.followup.queries import sequences as queries
from services.followup.queries.families import homes
from services.followup.queries.standings import slices
from shared.events.followup import SequenceEnded
from shared.outbox import publish

Why = Literal["left_group", "topic_declined", "import_undone"]
"""Why somebody is not in a group any more."""

Gone = tuple[UUID, UUID, datetime]
"""Customer, group, and when they left it."""


def pause(session: Session, enrolment_ids: Sequence[UUID], reason: str) -> None:
    for some in slices(enrolment_ids):
        session.execute(
            update(Enrolment)
            .where(Enrolment.id.in_(some), Enrolment.state.in_(LIVE))
            .values(state=EnrolmentState.PAUSED, reason=reason)
        )
        planning.hold(session, some, reason)


def resume(session: Session, enrolment_ids: Sequence[UUID]) -> None:
    for some in slices(enrolment_ids):
        session.execute(
            update(Enrolment)
            .where(Enrolment.id.in_(some), Enrolment.state == EnrolmentState.PAUSED)
            .values(state=EnrolmentState.ACTIVE, reason=None)
        )
        planning.release(session, some)


def end(
    session: Session,
    enrolments: Iterable[Enrolment],
    state: EnrolmentState,
    reason: str,
    now: datetime,
) -> None:
    """The enrolments are over; what was still to come is left out.

    Those that a merge has stopped before stay so, also when the merge is undone.
    """
    enrolments = list(enrolments)
    for stopped in enrolments:
        stopped.merge_note = None
    session.flush()
    ended = [e for e in enrolments if e.state in LIVE]
    names = queries.by_id(session, {e.sequence_id for e in ended})
    if state == EnrolmentState.COMPLETED:
        count_ways(session, ended, Figure.COMPLETED, now)
    for some in slices([e.id for e in ended]):
        session.execute(
            update(Enrolment)
            .where(Enrolment.id.in_(some))
            .values(
                state=state,
                reason=None if state == EnrolmentState.COMPLETED else reason,
                ended_at=now,
            )
        )
        planning.leave_out(session, some, reason, now)
    publish(
        session,
        *(
            SequenceEnded(
                customer_id=e.customer_id,
                enrolment_id=e.id,
                sequence_id=e.sequence_id,
                sequence_name=names[e.sequence_id].name,
                reason=reason,
                occurred_at=now,
            )
            for e in ended
        ),
    )


def stop(session: Session, enrolment_id: UUID, now: datetime) -> Enrolment:
    """Staff take a customer out of a sequence. Raises EnrolmentEnded if that is over already."""
    found = session.get(Enrolment, enrolment_id, with_for_update=True)
    if found is None:
        raise EnrolmentNotFound(enrolment_id=enrolment_id)
    if found.state not in LIVE:
        raise EnrolmentEnded(state=found.state)
    end(session, [found], EnrolmentState.STOPPED, "stopped_by_staff", now)
    session.refresh(found)
    return found


def leave(
    session: Session,
    left: Collection[Gone],
    now: datetime,
    why: Why = "left_group",
) -> None:
    """Customers are no longer in groups: apply the leave policy where they are in no other start group.

    A start group is one that starts the sequence now, and also the one by which somebody entered: it may
    have been moved elsewhere in the tree since, which stops nobody.
    A newsletter that would go on stops all the same if they declined it themselves; and everything does if
    they should never have been in the group, because the import that put them in was undone.
    """
    at = homes(session, {customer_id for customer_id, _, _ in left})
    left = [(at[customer_id], group_id, moment) for customer_id, group_id, moment in left]
    customers = {customer_id for customer_id, _, _ in left}
    concerned: ColumnElement[bool] = Enrolment.left_at.is_(None)
    if why == "topic_declined":  # also what went on after staff had taken them out
        concerned = or_(concerned, not_over())
    enrolments = [
        row
        for some in slices(customers)
        for row in session.scalars(
            select(Enrolment).where(Enrolment.customer_id.in_(some), concerned)
        )
    ]
    sequences = queries.by_id(session, {e.sequence_id for e in enrolments})
    for sequence in sequences.values():
        mine = _left(
            session, sequence, [e for e in enrolments if e.sequence_id == sequence.id], left
        )
        if mine:
            _apply_leave(session, sequence, mine, now, why)


def _left(
    session: Session,
    sequence: models.Sequence,
    enrolments: Collection[Enrolment],
    left: Collection[Gone],
) -> dict[Enrolment, datetime]:
    """Those of the sequence's enrolments whose customers are in no start group any more, and since when."""
    starts = queries.groups_that_start(session, sequence)
    moments: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    for customer_id, group_id, moment in left:
        moments[customer_id][group_id] = moment
    gone = {e: {*starts, *filter(None, (e.group_id,))} for e in enrolments}
    gone = {e: groups for e, groups in gone.items() if groups & moments[e.customer_id].keys()}
    if not gone:
        return {}
    still = queries.memberships_in(
        session, {e.customer_id for e in gone}, set().union(*gone.values())
    )
    return {
        e: max(moments[e.customer_id][group] for group in groups & moments[e.customer_id].keys())
        for e, groups in gone.items()
        if groups.isdisjoint(still.get(e.customer_id, ()))
    }


def _apply_leave(
    session: Session,
    sequence: models.Sequence,
    left: Mapping[Enrolment, datetime],
    now: datetime,
    why: Why,
) -> None:
    enrolments = list(left)
    policy = sequence.rules.on_leave
    if why == "import_undone":
        policy = "stop"
    if policy == "continue" and why == "topic_declined" and sequence.newsletter:
        policy = "stop"
    if policy == "stop":
        end(session, enrolments, EnrolmentState.STOPPED, why, now)
    elif policy == "pause":
        pause(session, [e.id for e in enrolments if e.state in LIVE], "left_group")
        for stopped in enrolments:
            if "state" in (stopped.merge_note or {}):
                paused = {"state": EnrolmentState.PAUSED, "reason": "left_group"}
                stopped.merge_note = stopped.merge_note | paused  # type: ignore[operator]
    if policy != "pause":
        for enrolment, moment in left.items():
            enrolment.left_at = moment
        session.flush()


def take_leaving_back(session: Session, enrolment: Enrolment) -> None:
    """The customer was in another start group all the while: they stand as one who comes back.

    Nobody is told: the catalogue has no event for it.
    """
    why = enrolment.reason
    begun = enrolment.started_at is not None
    enrolment.state = EnrolmentState.PAUSED if begun else EnrolmentState.WAITING
    enrolment.reason = "left_group" if begun else None
    enrolment.left_at = enrolment.ended_at = None
    session.flush()
    planning.bring_back(session, enrolment.id, why or "")


def ended_by_leaving(enrolment: Enrolment) -> bool:
    return enrolment.state == EnrolmentState.STOPPED and enrolment.reason in get_args(Why)
