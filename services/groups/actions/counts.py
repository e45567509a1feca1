"""How many members each group has, kept up to date without anybody waiting for anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, aliased

from services.groups.models import GroupAncestor, GroupCount, GroupCountChange, Membership
from shared.db import bulk_insert, bulk_upsert

SUMMED_AT_ONCE = 20_000


def note_counts(session: Session, members: Mapping[int, int], below: Mapping[int, int]) -> None:
    """Write down by how much each group's members, and different members with subgroups, changed.

    Groups go by the number of their id.
    """
    changed = [g for g in {*members, *below} if members.get(g, 0) or below.get(g, 0)]
    bulk_insert(
        session,
        GroupCountChange.__table__,
        ("group_id", "members", "members_with_subgroups"),
        [(UUID(int=g), members.get(g, 0), below.get(g, 0)) for g in changed],
    )


def sum_up_counts(session: Session) -> int:
    """Add what transactions wrote down to the groups' counts. Returns how many changes there were."""
    oldest = select(GroupCountChange.id).order_by(GroupCountChange.id).limit(SUMMED_AT_ONCE)
    changes = session.execute(
        delete(GroupCountChange)
        .where(GroupCountChange.id.in_(oldest.with_for_update(skip_locked=True)))
        .returning(
            GroupCountChange.group_id,
            GroupCountChange.members,
            GroupCountChange.members_with_subgroups,
        )
    ).all()
    members: Counter[UUID] = Counter()
    below: Counter[UUID] = Counter()
    for group_id, own, with_subgroups in changes:
        members[group_id] += own
        below[group_id] += with_subgroups
    bulk_upsert(
        session,
        GroupCount.__table__,
        ("group_id", "members", "members_with_subgroups"),
        [(g, members[g], below[g]) for g in sorted(members)],
        key=("group_id",),
        set_={
            "members": "old.members + new.members",
            "members_with_subgroups": "old.members_with_subgroups + new.members_with_subgroups",
        },
    )
    return len(changes)


def members_only_below(
    session: Session, group_id: UUID, ancestors: Collection[UUID]
) -> dict[UUID, int]:
    """Count, for each ancestor, the members of `group_id` and the groups below that it has from there alone.

    Looks at those members only, however many the ancestor has.
    """
    return {
        ancestor: session.scalar(
            select(func.count(func.distinct(Membership.customer_id)))
            .join(GroupAncestor, GroupAncestor.group_id == Membership.group_id)
            .where(GroupAncestor.ancestor_id == group_id, ~_elsewhere(group_id, ancestor))
        )
        or 0
        for ancestor in ancestors
    }


def _elsewhere(group_id: UUID, ancestor: UUID) -> ColumnElement[bool]:
    """Is the customer of the outer query also in a group below `ancestor` that is not below `group_id`?"""
    other, inside = aliased(Membership), aliased(GroupAncestor)
    moved = select(GroupAncestor.group_id).where(GroupAncestor.ancestor_id == group_id)
    return (
        select(other.customer_id)
        .join(inside, inside.group_id == other.group_id)
        .where(
            other.customer_id == Membership.customer_id,
            inside.ancestor_id == ancestor,
            other.group_id.not_in(moved),
        )
        .exists()
    )
