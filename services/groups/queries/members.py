"""Questions about who is, or was, in one group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from services.groups.errors import GroupNotFound
from services.groups.models import Contact, Group, Membership, PastMembership
from services.groups.queries.memberships import spans
from services.groups.queries.tree import group_with_subgroups, member_counts
from shared.web.paging import Page, paginate


@dataclass(frozen=True)
class Member:
    """A member of a group as it is listed; `customer` is None as long as nothing is known of them."""

    customer_id: UUID
    group_id: UUID
    since: datetime
    by: str
    source: str
    reference: str | None
    customer: Contact | None


def list_members(
    session: Session,
    group_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    include_subgroups: bool = False,
    at: datetime | None = None,
) -> Page:
    """Return a page of the group's members, or of those at the moment `at`. Raises GroupNotFound.

    With those of the groups that are below it today everybody comes once, by where they were first.
    """
    if session.get(Group, group_id) is None:
        raise GroupNotFound(group_id=group_id)
    group_ids = group_with_subgroups(session, group_id) if include_subgroups else [group_id]
    total = None
    if at is None:
        counts = member_counts(session, [group_id])[group_id]
        total = counts.members_with_subgroups if include_subgroups else counts.members
    everybody = _spans(None, group_ids, at).subquery()
    page = paginate(
        session,
        select(everybody.c.customer_id).distinct(),
        keys=[(everybody.c.customer_id, False)],
        limit=limit,
        cursor=cursor,
        total=total,
    )
    return {**page, "items": _members(session, page["items"], group_ids, at)}


def _spans(
    customer_ids: Collection[UUID] | None, group_ids: Collection[UUID], at: datetime | None
) -> Any:
    present = spans(Membership, customer_ids, group_ids, at)
    if at is None:
        return present
    return union_all(present, spans(PastMembership, customer_ids, group_ids, at))


def _members(
    session: Session,
    customer_ids: Sequence[UUID],
    group_ids: Collection[UUID],
    at: datetime | None,
) -> list[Member]:
    found = _spans(customer_ids, group_ids, at).subquery()
    rows = session.execute(select(found).order_by(found.c.since.desc(), found.c.group_id.desc()))
    first = {row.customer_id: row for row in rows}
    about: Select[Any] = select(Contact).where(
        Contact.customer_id.in_(customer_ids), Contact.version > 0
    )
    known = {contact.customer_id: contact for contact in session.scalars(about)}
    return [
        Member(
            id_,
            first[id_].group_id,
            first[id_].since,
            first[id_].by,
            first[id_].source,
            first[id_].reference,
            known.get(id_),
        )
        for id_ in customer_ids
    ]
