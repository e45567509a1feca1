"""Groups getting another place in the tree, with all below them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, insert, select, true
from sqlalchemy.orm import Session, aliased

from services.groups import queries
from services.groups.actions import counts, locks
from services.groups.actions.actor import Actor
from services.groups.errors import GroupBelowItself
from services.groups.models import Group, GroupAncestor


def move(session: Session, group: Group, parent_id: UUID | None) -> None:
    """Hang the group and all below it under another parent, with the counts that this changes."""
    locks.lock_all_customers(session)
    old = queries.ancestors_of(session, [group.id])[group.id]
    new: list[UUID] = []
    if parent_id is not None:
        new = [parent_id, *queries.ancestors_of(session, [parent_id])[parent_id]]
    if group.id in new:
        raise GroupBelowItself(path=group.path)
    left, joined = set(old) - set(new), set(new) - set(old)
    moved = counts.members_only_below(session, group.id, left | joined)
    counts.note_counts(session, {}, {a.int: n if a in joined else -n for a, n in moved.items()})
    inside = aliased(GroupAncestor)
    below = select(inside.group_id).where(inside.ancestor_id == group.id)
    if old:
        session.execute(
            delete(GroupAncestor).where(
                GroupAncestor.ancestor_id.in_(old), GroupAncestor.group_id.in_(below)
            )
        )
    up, down = aliased(GroupAncestor), aliased(GroupAncestor)
    session.execute(
        insert(GroupAncestor).from_select(
            ["group_id", "ancestor_id", "depth"],
            select(down.group_id, up.ancestor_id, up.depth + down.depth + 1)
            .join(up, true())
            .where(up.group_id == parent_id, down.ancestor_id == group.id),
        )
    )


def rename_below(session: Session, actor: Actor, group: Group) -> list[Group]:
    """Give every group below `group` the path that follows from it. Returns them, parents first."""
    below = list(
        session.scalars(
            select(Group)
            .join(GroupAncestor, GroupAncestor.group_id == Group.id)
            .where(GroupAncestor.ancestor_id == group.id, GroupAncestor.depth > 0)
            .order_by(GroupAncestor.depth)
        )
    )
    paths = {group.id: group.path}
    for one in below:
        assert one.parent_id is not None
        if one.from_head_office:
            actor.must_be_head_office(one.name)
        one.path = paths[one.id] = f"{paths[one.parent_id]}/{one.name}"
    return below
