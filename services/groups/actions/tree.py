"""Creating, renaming, moving and deleting groups. One transaction at a time does this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import counts, locks
from services.groups.actions.actor import Actor
from services.groups.actions.memberships import end_memberships_in
from services.groups.actions.places import move, rename_below
from services.groups.actions.relying import must_be_in_no_selection
from services.groups.errors import (
    GroupExists,
    GroupInForm,
    GroupInUse,
    GroupNotFound,
)
from services.groups.models import (
    Group,
    GroupAncestor,
    GroupCount,
    GroupCountChange,
    path_keys,
    path_levels,
)
from shared.db import bulk_insert, new_id, utcnow
from shared.errors import Invalid, PreconditionFailed
from shared.events.groups import GroupChanged, GroupCreated, GroupDeleted
from shared.outbox import publish

GROUP_COLUMNS = tuple(Group.__table__.columns.keys())


class GroupFields(TypedDict, total=False):
    """What can be said about a group beside its name and place."""

    description: str
    colour: str | None
    topic: bool
    default_for: list[str]
    origin: str
    franchise_key: str | None


def create_group(
    session: Session,
    actor: Actor,
    *,
    name: str,
    parent_id: UUID | None = None,
    **fields: Unpack[GroupFields],
) -> Group:
    """Create a group below `parent_id` (None: at the root). Its path must be new."""
    locks.lock_tree(session)
    if fields.get("origin") == "franchise":
        actor.must_be_head_office(name)
    parent = None if parent_id is None else _parent(session, parent_id)
    path = name if parent is None else f"{parent.path}/{name}"
    _must_be_free(session, path)
    return insert_groups(session, [(name, path, parent)], fields)[0]


def insert_groups(
    session: Session, drafts: Sequence[tuple[str, str, Group | None]], fields: GroupFields
) -> list[Group]:
    """Insert groups whose paths are new, given as (name, path, parent). The tree is locked."""
    now = utcnow()
    groups = []
    for name, path, parent in drafts:
        path_hash, path_sort = path_keys(path_levels(path))
        group = Group(
            id=new_id(),
            parent_id=None if parent is None else parent.id,
            name=name,
            path=path,
            path_hash=path_hash,
            path_sort=path_sort,
            description=fields.get("description", ""),
            colour=fields.get("colour"),
            topic=fields.get("topic", False),
            default_for=fields.get("default_for", []),
            origin=fields.get("origin", "local"),
            franchise_key=fields.get("franchise_key"),
            version=1,
            created_at=now,
            updated_at=now,
        )
        groups.append(group)
    bulk_insert(
        session,
        Group.__table__,
        GROUP_COLUMNS,
        [[getattr(group, column) for column in GROUP_COLUMNS] for group in groups],
    )
    ancestors = _link(session, groups)
    publish(session, *(_told(GroupCreated, group, ancestors[group.id]) for group in groups))
    return groups


def change_group(
    session: Session, actor: Actor, group_id: UUID, expected_version: int, **changes: Any
) -> Group:
    """Rename, move or describe a group. A group is never moved below itself.

    Every group below it that has another path then is told as changed, too.
    """
    locks.lock_tree(session)
    group = _group(session, group_id)
    if group.from_head_office:
        actor.must_be_head_office(group.name)
    # Checked and changed under the tree's lock, which every writer of groups holds.
    if group.version != expected_version:
        raise PreconditionFailed
    name, parent_id = changes.pop("name", group.name), changes.pop("parent_id", group.parent_id)
    old_path = group.path
    if parent_id != group.parent_id:
        if parent_id is not None:
            _parent(session, parent_id)
        move(session, group, parent_id)
    if (name, parent_id) != (group.name, group.parent_id):
        group.name, group.parent_id = name, parent_id
        parent = None if parent_id is None else _group(session, parent_id)
        group.path = name if parent is None else f"{parent.path}/{name}"
        _must_be_free(session, group.path, but=group_id)
    for field, value in changes.items():
        setattr(group, field, value)
    if not session.is_modified(group):
        return group
    changed = [group]
    if group.path != old_path:
        changed += rename_below(session, actor, group)
    now = utcnow()
    for one in changed:
        one.path_hash, one.path_sort = path_keys(path_levels(one.path))
        one.version += 1
        one.updated_at = now
    session.flush()
    ancestors = queries.ancestors_of(session, [group_id])
    for one in changed[1:]:  # parents come first
        assert one.parent_id is not None
        ancestors[one.id] = [one.parent_id, *ancestors[one.parent_id]]
    publish(session, *(_told(GroupChanged, one, ancestors[one.id]) for one in changed))
    return group


def delete_group(
    session: Session, actor: Actor, group_id: UUID, expected_version: int, *, cascade: bool
) -> None:
    """Delete a group; with `cascade` also every group below it and all of their memberships."""
    locks.lock_tree(session)
    locks.lock_all_customers(session)
    group = _group(session, group_id)
    if group.version != expected_version:
        raise PreconditionFailed
    below = list(
        session.scalars(
            select(Group)
            .join(GroupAncestor, GroupAncestor.group_id == Group.id)
            .where(GroupAncestor.ancestor_id == group_id)
            .order_by(GroupAncestor.depth.desc())
        )
    )
    for one in below:
        if one.from_head_office:
            actor.must_be_head_office(one.name)
    if offered := queries.offered_in(session, [one.id for one in below]):
        raise GroupInForm(path=offered[0], form=offered[1], extra={"form": offered[1]})
    members = queries.member_counts(session, [group_id])[group_id].members_with_subgroups
    if not cascade and (members or len(below) > 1):
        raise GroupInUse(
            path=group.path,
            members=members,
            subgroups=len(below) - 1,
            extra={"members": members, "subgroups": len(below) - 1},
        )
    if not cascade:
        must_be_in_no_selection(session, [one.id for one in below], group.path)
    above = queries.ancestors_of(session, [group_id])[group_id]
    lost = counts.members_only_below(session, group_id, above)
    ids = [one.id for one in below]
    end_memberships_in(session, ids, by=actor.name)
    counts.note_counts(session, {}, {ancestor.int: -n for ancestor, n in lost.items()})
    for table, column in (
        (GroupCountChange, GroupCountChange.group_id),
        (GroupCount, GroupCount.group_id),
        (GroupAncestor, GroupAncestor.group_id),
        (Group, Group.id),
    ):
        session.execute(delete(table).where(column.in_(ids)))
    publish(session, *(GroupDeleted(group_id=one.id, version=one.version + 1) for one in below))


def _group(session: Session, group_id: UUID) -> Group:
    group = session.get(Group, group_id)
    if group is None:
        raise GroupNotFound(group_id=group_id)
    return group


def _parent(session: Session, parent_id: UUID) -> Group:
    parent = session.get(Group, parent_id)
    if parent is None:
        raise Invalid(errors={"parent_id": [GroupNotFound.template.fill(group_id=parent_id)]})
    return parent


def _must_be_free(session: Session, path: str, but: UUID | None = None) -> None:
    path_hash, _ = path_keys(path_levels(path))
    with session.no_autoflush:
        taken = session.scalar(select(Group.id).where(Group.path_hash == path_hash))
    if taken is not None and taken != but:
        raise GroupExists(path=path)


def _link(session: Session, groups: Sequence[Group]) -> dict[UUID, list[UUID]]:
    """Write down the ancestors of new groups, of which none has a group below it. Returns them."""
    parents = {group.parent_id for group in groups if group.parent_id is not None}
    above = queries.ancestors_of(session, parents)
    ancestors = {
        group.id: [] if group.parent_id is None else [group.parent_id, *above[group.parent_id]]
        for group in groups
    }
    bulk_insert(
        session,
        GroupAncestor.__table__,
        ("group_id", "ancestor_id", "depth"),
        [
            (group_id, ancestor_id, depth)
            for group_id, ids in ancestors.items()
            for depth, ancestor_id in enumerate([group_id, *ids])
        ],
    )
    return ancestors


def _told(
    kind: type[GroupCreated | GroupChanged], group: Group, ancestors: list[UUID]
) -> GroupCreated | GroupChanged:
    return kind(
        group_id=group.id,
        version=group.version,
        group_name=group.name,
        path=group.path,
        parent_id=group.parent_id,
        ancestor_ids=ancestors,
        topic=group.topic,
        colour=group.colour,
        description=group.description,
        origin=group.origin,
    )
