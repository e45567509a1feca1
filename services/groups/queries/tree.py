"""Questions about groups and their tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select, union_all
from sqlalchemy.orm import Session

from services.groups.errors import GroupNotFound
from services.groups.models import (
    Group,
    GroupAncestor,
    GroupCount,
    GroupCountChange,
    path_keys,
    path_levels,
)
from services.groups.rules import is_id
from shared.values import search_term, sort_key
from shared.web.paging import Page, paginate

ROOT = "root"
AT_ONCE = 5_000


class Place(NamedTuple):
    """Where a group is: its path, and its ancestors from its parent up to the root."""

    path: str
    ancestor_ids: list[UUID]


class Counts(NamedTuple):
    members: int = 0
    members_with_subgroups: int = 0


@dataclass(frozen=True)
class GroupView:
    """A group as it is shown: with its counts."""

    group: Group
    ancestor_ids: list[UUID]
    member_count: int
    member_count_with_subgroups: int
    child_count: int
    descendant_count: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.group, name)


def group(session: Session, group_id: UUID) -> GroupView:
    """Return one group. Raises GroupNotFound."""
    found = session.get(Group, group_id)
    if found is None:
        raise GroupNotFound(group_id=group_id)
    return _views(session, [found])[0]


def list_groups(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    q: str | None = None,
    parent_id: str | None = None,
    path: str | None = None,
    topic: bool | None = None,
) -> Page:
    """Return a page of groups as a tree is read: each before those below it, siblings by name.

    `parent_id` is an id or "root"; `q` finds parts of the path.
    """
    statement = select(Group)
    if parent_id is not None:
        parent = None if parent_id == ROOT else UUID(parent_id)
        statement = statement.where(Group.parent_id == parent)
    if path is not None:
        statement = statement.where(Group.path_hash == path_keys(path_levels(path))[0])
    if topic is not None:
        statement = statement.where(Group.topic.is_(topic))
    if q:
        matching = [
            group_id
            for group_id, of_group in session.execute(select(Group.id, Group.path))
            if _finds(q, of_group)
        ]
        statement = statement.where(Group.id.in_(matching[:AT_ONCE]))
    page = paginate(
        session,
        statement,
        keys=[(Group.path_sort, False), (Group.id, False)],
        limit=limit,
        cursor=cursor,
    )
    return {**page, "items": _views(session, page["items"])}


def member_counts(session: Session, group_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """Return the groups' counts as of now: what was summed up, and what came since."""
    # One statement: between two, a change could be summed up and so be counted twice or never.
    parts = union_all(
        *(
            select(table.group_id, table.members, table.members_with_subgroups).where(
                table.group_id.in_(group_ids)
            )
            for table in (GroupCount, GroupCountChange)
        )
    ).subquery()
    rows = session.execute(
        select(
            parts.c.group_id,
            func.sum(parts.c.members),
            func.sum(parts.c.members_with_subgroups),
        ).group_by(parts.c.group_id)
    )
    found = {row[0]: Counts(int(row[1]), int(row[2])) for row in rows}
    return {group_id: found.get(group_id, Counts()) for group_id in group_ids}


def ancestors_of(session: Session, group_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return each group's ancestors, its parent first, the root last."""
    ids = list(group_ids)
    ancestors: dict[UUID, list[UUID]] = {group_id: [] for group_id in ids}
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            select(GroupAncestor.group_id, GroupAncestor.ancestor_id)
            .where(
                GroupAncestor.group_id.in_(ids[start : start + AT_ONCE]), GroupAncestor.depth > 0
            )
            .order_by(GroupAncestor.group_id, GroupAncestor.depth)
        )
        for group_id, ancestor_id in rows:
            ancestors[group_id].append(ancestor_id)
    return ancestors


def group_with_subgroups(session: Session, group_id: UUID) -> list[UUID]:
    """Return the group's id and those of all groups below it."""
    below = select(GroupAncestor.group_id).where(GroupAncestor.ancestor_id == group_id)
    return list(session.scalars(below))


def places_of(session: Session, group_ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Return where the groups are; those that do not exist are left out."""
    ids = list(group_ids)
    ancestors = ancestors_of(session, ids)
    places = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            select(Group.id, Group.path).where(Group.id.in_(ids[start : start + AT_ONCE]))
        )
        places.update({row[0]: Place(row[1], ancestors[row[0]]) for row in rows})
    return places


def find_groups(session: Session, names: Iterable[str]) -> dict[str, UUID]:
    """Return the groups that the names, paths or ids, stand for; those that do not exist are left out."""
    by_id: dict[Any, list[str]] = {}
    by_hash: dict[Any, list[str]] = {}
    for name in names:
        if is_id(name):
            by_id.setdefault(UUID(name), []).append(name)
        else:
            by_hash.setdefault(path_keys(path_levels(name))[0], []).append(name)
    return {**_named(session, Group.id, by_id), **_named(session, Group.path_hash, by_hash)}


def _named(session: Session, column: Any, names: Mapping[Any, list[str]]) -> dict[str, UUID]:
    keys = list(names)
    found = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = session.execute(
            select(column, Group.id).where(column.in_(keys[start : start + AT_ONCE]))
        )
        found.update({name: group_id for key, group_id in rows for name in names[key]})
    return found


def groups_by_hash(session: Session, hashes: Iterable[str]) -> dict[str, Group]:
    """Return the groups with these `path_hash`es, by it."""
    keys = list(hashes)
    found = {}
    for start in range(0, len(keys), AT_ONCE):
        groups = session.scalars(
            select(Group).where(Group.path_hash.in_(keys[start : start + AT_ONCE]))
        )
        found.update({group.path_hash: group for group in groups})
    return found


def default_groups(session: Session) -> dict[str, list[UUID]]:
    """Return, by source, the groups that its customers are put into."""
    defaults: dict[str, list[UUID]] = {}
    for group_id, sources in session.execute(
        select(Group.id, Group.default_for).where(Group.default_for != [])
    ):
        for source in sources:
            defaults.setdefault(source, []).append(group_id)
    return defaults


def _finds(q: str, path: str) -> bool:
    key = sort_key(path)
    return sort_key(q) in key or search_term(q) in search_term(path)


def _views(session: Session, groups: Collection[Group]) -> list[GroupView]:
    ids = [group.id for group in groups]
    counts = member_counts(session, ids)
    below = _below(session, ids)
    ancestors = ancestors_of(session, ids)
    return [
        GroupView(
            group,
            ancestors[group.id],
            counts[group.id].members,
            counts[group.id].members_with_subgroups,
            *below.get(group.id, (0, 0)),
        )
        for group in groups
    ]


def _below(session: Session, group_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """Return each group's number of children and of all groups below."""
    rows = session.execute(
        select(
            GroupAncestor.ancestor_id,
            func.sum(case((GroupAncestor.depth == 1, 1), else_=0)),
            func.count(),
        )
        .where(GroupAncestor.ancestor_id.in_(group_ids), GroupAncestor.depth > 0)
        .group_by(GroupAncestor.ancestor_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}
