"""Questions about who is, or was, in which group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, null, select, union_all
from sqlalchemy.orm import Session

from services.groups.models import Group, Membership, PastMembership
from services.groups.queries.people import family_of
from shared.db import UtcDateTime, among, uuid_array
from shared.web.paging import Page, paginate


def groups_of(session: Session, customer_ids: Collection[UUID]) -> dict[int, set[int]]:
    """Return the groups that customers are in, by the numbers of their ids. Who is in none is left out."""
    found: dict[int, set[int]] = {}
    ids = list(customer_ids)
    rows: Sequence[Any] = ()
    if session.get_bind().dialect.name == "postgresql":
        rows = (
            session.connection()
            .exec_driver_sql(
                "SELECT customer_id, group_id FROM memberships WHERE customer_id = ANY(%s::uuid[])",
                (uuid_array(ids),),
            )
            .fetchall()
        )
    else:
        query = select(Membership.customer_id, Membership.group_id)
        rows = session.execute(query.where(Membership.customer_id.in_(ids))).all()
    for customer_id, group_id in rows:
        found.setdefault(customer_id.int, set()).add(group_id.int)
    return found


def list_memberships(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    customer_id: UUID | None = None,
    group_id: UUID | None = None,
    at: datetime | None = None,
) -> Page:
    """Return a page of memberships, present and past, or only of those that were there at the moment `at`.

    A customer's are those of everybody merged into them, too: until the merge they were in their groups by
    their own ids, from then on by the survivor's.
    """
    family = None if customer_id is None else family_of(session, customer_id)
    group_ids = None if group_id is None else [group_id]
    both = union_all(
        spans(Membership, family, group_ids, at),
        spans(PastMembership, family, group_ids, at),
    ).subquery()
    page = paginate(
        session,
        select(both),
        keys=[
            (both.c.customer_id, False),
            (both.c.group_id, False),
            (both.c.since, False),
        ],
        limit=limit,
        cursor=cursor,
    )
    return {**page, "items": _with_paths(session, both, page["items"])}


def all_spans_of(session: Session, customer_id: UUID) -> list[Mapping[str, Any]]:
    """Return all memberships under exactly this id, present and past."""
    both = union_all(
        spans(Membership, [customer_id], None, None),
        spans(PastMembership, [customer_id], None, None),
    ).subquery()
    rows = session.execute(select(both).order_by(both.c.since, both.c.group_id)).all()
    return _with_paths(session, both, rows)


def _with_paths(session: Session, both: Any, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    groups = {
        group.id: group
        for group in session.execute(
            select(Group.id, Group.path, Group.origin).where(
                among(Group.id, {row.group_id for row in rows})
            )
        )
    }
    names = list(both.columns.keys())
    return [
        {
            **{name: getattr(row, name) for name in names},
            "group_path": groups[row.group_id].path if row.group_id in groups else None,
            "group_origin": groups[row.group_id].origin if row.group_id in groups else None,
        }
        for row in rows
    ]


def spans(
    table: type[Membership] | type[PastMembership],
    customer_ids: Collection[UUID] | None,
    group_ids: Collection[UUID] | None,
    at: datetime | None,
) -> Select[Any]:
    """Select present or past memberships: of these customers, in these groups, at this moment, if given."""
    ended: tuple[Any, ...]
    if table is PastMembership:
        ended = (PastMembership.until, PastMembership.ended_by, PastMembership.ended_source)
    else:
        ended = (
            cast(null(), UtcDateTime()).label("until"),
            cast(null(), Text).label("ended_by"),
            cast(null(), Text).label("ended_source"),
        )
    columns: list[Any] = [
        table.customer_id,
        table.group_id,
        table.since,
        table.by,
        table.source,
        table.reference,
        *ended,
    ]
    found = select(*columns)
    if customer_ids is not None:
        found = found.where(among(table.customer_id, customer_ids))
    if group_ids is not None:
        found = found.where(among(table.group_id, group_ids))
    if at is not None:
        found = found.where(table.since <= at)
        if table is PastMembership:
            found = found.where(PastMembership.until > at)
    return found
