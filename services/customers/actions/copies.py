"""Keeping this service's copies of groups and memberships up to date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.customers.models import group_ancestors, groups, memberships
from shared.db import among, bulk_insert, bulk_upsert


@dataclass(frozen=True, kw_only=True)
class GroupNews:
    """A group as it is at one version. A deleted one has no path."""

    group_id: UUID
    version: int
    path: str = ""
    ancestor_ids: tuple[UUID, ...] = ()
    deleted: bool = False
    origin: str = "local"


@dataclass(frozen=True, kw_only=True)
class MembershipNews:
    """Somebody is in a group, or no longer, since `changed_at`."""

    customer_id: UUID
    group_id: UUID
    group_path: str
    ancestor_ids: tuple[UUID, ...]
    member: bool
    changed_at: datetime


def learn_groups(session: Session, news: Iterable[GroupNews]) -> None:
    """Take over what is newer than what we know."""
    latest: dict[UUID, GroupNews] = {}
    for group in news:
        if group.group_id not in latest or group.version > latest[group.group_id].version:
            latest[group.group_id] = group
    taken = bulk_upsert(
        session,
        groups,
        ("id", "version", "path", "deleted", "origin"),
        [(g.group_id, g.version, g.path, g.deleted, g.origin) for g in _sorted(latest)],
        key=("id",),
        where="new.version > old.version",
        returning=("id",),
    )
    renewed = [latest[group_id] for (group_id,) in taken]
    _learn_ancestors(session, renewed, known=True)


def learn_memberships(session: Session, news: Iterable[MembershipNews]) -> None:
    """Take over who is in which group. News may arrive late: the later moment counts."""
    latest: dict[tuple[UUID, UUID], MembershipNews] = {}
    unseen: dict[UUID, GroupNews] = {}
    for one in news:
        key = (one.customer_id, one.group_id)
        if key not in latest or one.changed_at >= latest[key].changed_at:
            latest[key] = one
        if one.group_id not in unseen:
            unseen[one.group_id] = GroupNews(
                group_id=one.group_id, version=0, path=one.group_path, ancestor_ids=one.ancestor_ids
            )
    added = bulk_upsert(
        session,
        groups,
        ("id", "version", "path", "deleted", "origin"),
        [(g.group_id, g.version, g.path, g.deleted, g.origin) for g in _sorted(unseen)],
        key=("id",),
        update=(),
        returning=("id",),
    )
    _learn_ancestors(session, [unseen[group_id] for (group_id,) in added], known=False)
    bulk_upsert(
        session,
        memberships,
        ("customer_id", "group_id", "member", "changed_at"),
        [(*key, latest[key].member, latest[key].changed_at) for key in sorted(latest)],
        key=("customer_id", "group_id"),
        where="new.changed_at >= old.changed_at",
    )


def _sorted(news: dict[UUID, GroupNews]) -> list[GroupNews]:
    """In one order everywhere, so that two workers cannot lock each other out."""
    return [news[group_id] for group_id in sorted(news)]


def _learn_ancestors(session: Session, renewed: list[GroupNews], *, known: bool) -> None:
    if not renewed:
        return
    if known:
        session.execute(
            delete(group_ancestors).where(
                among(group_ancestors.c.group_id, [g.group_id for g in renewed])
            )
        )
    bulk_insert(
        session,
        group_ancestors,
        ("group_id", "ancestor_id"),
        [(g.group_id, a) for g in renewed if not g.deleted for a in dict.fromkeys(g.ancestor_ids)],
    )
