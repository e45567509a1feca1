"""Letting a sequence start by itself."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup import rules
from services.followup.actions import planning
from services.followup.actions.entering import Entry, at_home, enrol_in
from services.followup.actions.sequences import locked, problem_of
from services.followup.errors import NotPossibleInState, SequenceNotReady
from services.followup.messages.template import Fields
from services.followup.models import Enrolment, Membership, SequenceState
from services.followup.models import Sequence as MailSequence
from services.followup.queries import sequences as queries
from services.followup.queries.delivery import attribute_keys
from services.followup.queries.families import homes
from services.followup.queries.standings import slices, standings
from shared.errors import Text

_NO_STEPS = Text("it has no steps.", de="sie hat keine Schritte.")
_NO_GROUPS = Text("it has no start group.", de="sie hat keine Start-Gruppe.")


class Impact(NamedTuple):
    """What activation does to those who are members already."""

    members: int
    enrolled: int
    waiting: dict[str, int]
    left_out: int


def activate(
    session: Session, sequence_id: UUID, *, enrol: bool, dry_run: bool, now: datetime
) -> tuple[MailSequence, Impact]:
    """Let the sequence start by itself from now on; with `enrol` also for the present members."""
    found = queries.sequence(session, sequence_id) if dry_run else locked(session, sequence_id)
    if found.state == SequenceState.ARCHIVED:
        raise NotPossibleInState(state=found.state)
    _ready_or_raise(session, found)
    impact = _impact(session, found)
    if dry_run:
        return found, impact
    resumed = found.state == SequenceState.PAUSED
    found.state, found.updated_at = SequenceState.ACTIVE, now
    found.activated_at = found.activated_at or now
    session.flush()
    if resumed:
        planning.release_sequence(session, found.id)
    if enrol:
        for customers in slices(_members(session, found)):
            members = [Entry(customer, group, (), "yes", now) for customer, group in customers]
            entries = {
                (found.id, entry.customer_id): (found, entry) for entry in at_home(session, members)
            }
            enrol_in(session, entries, now)
    return found, impact


def _ready_or_raise(session: Session, found: MailSequence) -> None:
    steps = queries.steps_of(session, [found.version_id])[found.version_id]
    if not steps:
        raise SequenceNotReady(problem=_NO_STEPS)
    if not found.start_groups:
        raise SequenceNotReady(problem=_NO_GROUPS)
    fields = Fields(frozenset(attribute_keys(session)))
    for step in steps:
        problem = problem_of(step, found.newsletter, fields)
        if problem is not None:
            raise SequenceNotReady(problem=problem)


def _members(session: Session, found: MailSequence) -> list[tuple[UUID, UUID]]:
    """Everybody who is in a start group now, with one such group."""
    members: dict[UUID, UUID] = {}
    for groups in slices(queries.groups_that_start(session, found)):
        for customer_id, group_id in session.execute(
            select(Membership.customer_id, Membership.group_id).where(
                Membership.group_id.in_(groups), Membership.member.is_(True)
            )
        ):
            members.setdefault(customer_id, group_id)
    return list(members.items())


def _impact(session: Session, found: MailSequence) -> Impact:
    members = set(
        homes(session, [customer_id for customer_id, _ in _members(session, found)]).values()
    )
    before: set[UUID] = set()
    for some in slices(members):
        before |= set(
            session.scalars(
                select(Enrolment.customer_id).where(
                    Enrolment.sequence_id == found.id, Enrolment.customer_id.in_(some)
                )
            )
        )
    known = standings(session, [m for m in members if m not in before])
    waiting: Counter[str] = Counter()
    for member in members:
        if member not in before:
            reason = rules.obstacle(found.purpose, known.get(member, rules.UNKNOWN))
            waiting[reason or ""] += 1
    enrolled = waiting.pop("", 0)
    return Impact(len(members), enrolled, dict(waiting), len(before))
