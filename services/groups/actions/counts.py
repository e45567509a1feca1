"""How many members each group has, kept up to date without anybody waiting for anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from services.groups.models import GroupAncestor, GroupCount, GroupCountChange, Membership
from shared.db import among, bulk_insert, bulk_upsert

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

    Looks at those members only, however many the ancestor has, and at all ancestors at once.
    """
    moved = select(GroupAncestor.group_id).where(GroupAncestor.ancestor_id == group_id)
    members = select(Membership.customer_id).where(Membership.group_id.in_(moved)).distinct()
    everybody = session.scalar(select(func.count()).select_from(members.subquery())) or 0
    if not everybody:
        return dict.fromkeys(ancestors, 0)
    elsewhere = session.execute(
        select(GroupAncestor.ancestor_id, func.count(func.distinct(Membership.customer_id)))
        .join(Membership, Membership.group_id == GroupAncestor.group_id)
        .where(
            among(GroupAncestor.ancestor_id, ancestors),
            Membership.group_id.not_in(moved),
            Membership.customer_id.in_(members),
        )
        .group_by(GroupAncestor.ancestor_id)
    )
    also_elsewhere = {row[0]: row[1] for row in elsewhere}
    return {ancestor: everybody - also_elsewhere.get(ancestor, 0) for ancestor in ancestors}
