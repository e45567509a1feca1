"""The copy of groups, memberships and attribute definitions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.followup.actions.entering import Entry, enrol
from services.followup.actions.leaving import Why, leave
from services.followup.models import Attribute, Group, Membership
from services.followup.queries.standings import erased_of, slices
from shared.db import among, bulk_upsert

_GROUPS: Table = Group.__table__  # type: ignore[assignment]
_MEMBERSHIPS: Table = Membership.__table__  # type: ignore[assignment]
_ATTRIBUTES: Table = Attribute.__table__  # type: ignore[assignment]

Left = tuple[UUID, UUID, datetime]


def remember_groups(
    session: Session, groups: Iterable[tuple[UUID, int, str, str, list[str], bool, str]]
) -> None:
    """Take over groups: (id, version, name, path, ids from the parent up to the root, topic, description)."""
    newest = _newest(groups)
    bulk_upsert(
        session,
        _GROUPS,
        ("id", "version", "name", "path", "ancestor_ids", "topic", "description", "deleted"),
        [(*newest[id_], False) for id_ in sorted(newest)],
        key=("id",),
        where="new.version > old.version",
    )


def forget_groups(session: Session, groups: Iterable[tuple[UUID, int]]) -> None:
    """The groups are gone: their name stays for mails that are still to come."""
    newest = _newest(groups)
    bulk_upsert(
        session,
        _GROUPS,
        ("id", "version", "name", "path", "ancestor_ids", "deleted"),
        [(id_, version, "", "", [], True) for id_, version in sorted(newest.values())],
        key=("id",),
        update=("version", "deleted"),
        where="new.version >= old.version",
    )


def join(session: Session, entries: list[Entry], now: datetime) -> None:
    """Customers became members of groups: remember it and start what starts by it."""
    remember_memberships(session, [(e.customer_id, e.group_id, e.at) for e in entries], member=True)
    enrol(session, entries, now)
    # What was overtaken by its own end: members no more, so the leave policy holds at once.
    left = _left_already(session, entries)
    if left:
        leave(session, left, now)


def part(session: Session, left: list[Left], now: datetime, why: Why = "left_group") -> None:
    """Customers are no longer members."""
    remember_memberships(session, left, member=False)
    leave(session, left, now, why)


def remember_memberships(
    session: Session, changes: Iterable[Left], *, member: bool, by_merge: bool = False
) -> None:
    """Take over who is a member and who is not. Changes by a merge only tell; nothing follows from them."""
    latest: dict[tuple[UUID, UUID], Left] = {}
    for change in changes:
        known = latest.get(change[:2])
        if known is None or known[2] < change[2]:
            latest[change[:2]] = change
    erased = erased_of(session, {customer_id for customer_id, _ in latest})
    bulk_upsert(
        session,
        _MEMBERSHIPS,
        ("customer_id", "group_id", "changed_at", "member", "by_merge"),
        [(*latest[key], member, by_merge) for key in sorted(latest) if key[0] not in erased],
        key=("customer_id", "group_id"),
        where="new.changed_at > old.changed_at",
    )


def _left_already(session: Session, entries: Iterable[Entry]) -> list[Left]:
    told = {(e.customer_id, e.group_id): e.at for e in entries}
    return [
        (row.customer_id, row.group_id, row.changed_at)
        for some in slices({customer_id for customer_id, _ in told})
        for row in session.scalars(
            select(Membership).where(
                among(Membership.customer_id, some),
                Membership.member.is_(False),
                Membership.by_merge.is_(False),
            )
        )
        if (row.customer_id, row.group_id) in told
    ]


def define_attributes(
    session: Session,
    attributes: Iterable[tuple[UUID, int, str, dict[str, Any]]],
    *,
    removed: bool = False,
) -> None:
    """Customers' attributes exist, or exist no more: (id, version, key, label)."""
    newest = _newest(attributes)
    bulk_upsert(
        session,
        _ATTRIBUTES,
        ("attribute_id", "version", "key", "label", "removed"),
        [(*newest[id_], removed) for id_ in sorted(newest)],
        key=("attribute_id",),
        where="new.version >= old.version" if removed else "new.version > old.version",
    )


def _newest(rows: Iterable[Any]) -> dict[UUID, Any]:
    newest: dict[UUID, Any] = {}
    for row in rows:
        if row[0] not in newest or newest[row[0]][1] <= row[1]:
            newest[row[0]] = row
    return newest
