"""Sequences and their versions, for the verbs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.errors import SequenceNotFound
from services.followup.models import (
    Group,
    Membership,
    Sequence,
    SequenceState,
    SequenceVersion,
    StartGroup,
    Step,
)
from services.followup.queries.families import below
from services.followup.queries.standings import slices
from shared.db import among

RUNNING = (SequenceState.ACTIVE, SequenceState.PAUSED)


def sequence(session: Session, sequence_id: UUID) -> Sequence:
    found = session.get(Sequence, sequence_id)
    if found is None:
        raise SequenceNotFound(sequence_id=sequence_id)
    return found


def starting_by(session: Session, group_ids: Collection[UUID]) -> dict[UUID, list[Sequence]]:
    """The running sequences that each of the groups starts."""
    found: dict[UUID, list[Sequence]] = defaultdict(list)
    for some in slices(group_ids):
        for group_id, started in session.execute(
            select(StartGroup.group_id, Sequence)
            .join(Sequence, Sequence.id == StartGroup.sequence_id)
            .where(StartGroup.group_id.in_(some), Sequence.state.in_(RUNNING))
            .order_by(Sequence.id)
        ):
            found[group_id].append(started)
    return found


def ending_by(session: Session, group_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The sequences that end for whoever enters one of the groups."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for some in slices(group_ids):
        for group_id, sequence_id in session.execute(
            select(Sequence.end_group, Sequence.id).where(Sequence.end_group.in_(some))
        ):
            if group_id is not None:
                found[group_id].append(sequence_id)
    return found


def by_id(session: Session, sequence_ids: Collection[UUID]) -> dict[UUID, Sequence]:
    return {
        found.id: found
        for found in session.scalars(select(Sequence).where(Sequence.id.in_(list(sequence_ids))))
    }


def steps_of(session: Session, version_ids: Collection[UUID]) -> dict[UUID, list[Step]]:
    return {
        version.id: version.as_steps
        for version in session.scalars(
            select(SequenceVersion).where(SequenceVersion.id.in_(list(version_ids)))
        )
    }


def groups_that_start(session: Session, found: Sequence) -> set[UUID]:
    """The start groups, with all groups below them where the sequence says so."""
    starts = set(found.start_groups)
    if not found.include_subgroups or not starts:
        return {UUID(group_id) for group_id in starts}
    return {
        group_id
        for group_id, ancestors in session.execute(
            select(Group.id, Group.ancestor_ids).where(Group.deleted.is_(False))
        )
        if str(group_id) in starts or starts.intersection(ancestors)
    } | {UUID(group_id) for group_id in starts}


def memberships_in(
    session: Session, customer_ids: Collection[UUID], group_ids: Collection[UUID]
) -> dict[UUID, set[UUID]]:
    """In which of the groups each customer is now, or somebody who was merged into it."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    if not group_ids:
        return found
    whose = {id_: id_ for id_ in customer_ids} | below(session, customer_ids)
    for some in slices(list(whose)):
        for customer_id, group_id in session.execute(
            select(Membership.customer_id, Membership.group_id).where(
                among(Membership.customer_id, some),
                among(Membership.group_id, group_ids),
                Membership.member.is_(True),
            )
        ):
            found[whose[customer_id]].add(group_id)
    return found
