"""When something about customers changes, their enrolments follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.followup import rules
from services.followup.actions.leaving import end, pause, resume
from services.followup.actions.planning import recall
from services.followup.actions.starting import start_waiting
from services.followup.models import Enrolment, EnrolmentState, Mail, MailState
from services.followup.models.sequences import LIVE
from services.followup.queries import sequences as queries
from services.followup.queries.standings import slices, standings
from shared.db import among


def reconsider(session: Session, customer_ids: Collection[UUID], now: datetime) -> None:
    """Bring the live enrolments of these customers into the state that their standing asks for.

    It looks at how things are, not at what has changed: events may come twice, late or out of order.
    """
    for some in slices(customer_ids):
        recall(session, among(Mail.customer_id, some))
        found = session.scalars(
            select(Enrolment).where(among(Enrolment.customer_id, some), Enrolment.state.in_(LIVE))
        ).all()
        if found:
            _reconsider(session, found, now)


def go_on(session: Session, enrolments: Collection[Enrolment], now: datetime) -> None:
    """Customers are back in the group whose leaving made these pause: they go on if nothing forbids it."""
    if enrolments:
        for enrolment in enrolments:
            enrolment.reason = None
        session.flush()
        _reconsider(session, enrolments, now)


def _reconsider(session: Session, enrolments: Collection[Enrolment], now: datetime) -> None:
    known = standings(session, {e.customer_id for e in enrolments})
    sequences = queries.by_id(session, {e.sequence_id for e in enrolments})
    moves: dict[rules.Move, list[Enrolment]] = defaultdict(list)
    for enrolment in enrolments:
        sequence = sequences[enrolment.sequence_id]
        standing = known.get(enrolment.customer_id, rules.UNKNOWN)
        hindrance = rules.obstacle(sequence.purpose, standing)
        move = rules.after_change(
            enrolment.state, enrolment.reason, hindrance, sequence.rules.on_inactive
        )
        if move is not None:
            moves[move].append(enrolment)
    for move, some in moves.items():
        _apply(session, move, some, now)


def _apply(session: Session, move: rules.Move, enrolments: list[Enrolment], now: datetime) -> None:
    ids = [e.id for e in enrolments]
    match move.state:
        case EnrolmentState.STOPPED:
            end(session, enrolments, move.state, move.reason or "", now)
        case EnrolmentState.PAUSED:
            pause(session, ids, move.reason or "")
        case EnrolmentState.WAITING:
            session.execute(
                update(Enrolment).where(Enrolment.id.in_(ids)).values(reason=move.reason)
            )
        case EnrolmentState.ACTIVE:
            waiting = [e for e in enrolments if e.state == EnrolmentState.WAITING]
            start_waiting(session, waiting, now)
            # Those that were paused before they ever started begin now.
            unstarted = [e for e in enrolments if e not in waiting and e.started_at is None]
            _begin_paused(session, unstarted, now)
            resume(session, [e.id for e in enrolments if e not in waiting and e not in unstarted])


def _begin_paused(session: Session, enrolments: list[Enrolment], now: datetime) -> None:
    session.execute(
        update(Enrolment)
        .where(Enrolment.id.in_([e.id for e in enrolments]))
        .values(state=EnrolmentState.WAITING)
    )
    start_waiting(session, enrolments, now)


def drop_invitations(session: Session, customer_ids: Collection[UUID], reason: str) -> None:
    """Invitations that are still to go to these customers are left out."""
    for some in slices(customer_ids):
        session.execute(
            update(Mail)
            .where(
                Mail.customer_id.in_(some),
                Mail.invitation_id.is_not(None),
                Mail.state == MailState.DUE,
            )
            .values(state=MailState.SKIPPED, due_at=None, reason=reason)
        )
