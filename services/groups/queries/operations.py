"""Reading operations, and what one would do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from services.groups.errors import GroupNotFound, OperationNotFound
from services.groups.models import OPERATIONS, Contact, Group, Membership, PastMembership
from services.groups.queries.people import followed, survivors_above
from shared.db import among
from shared.operations import find_operation
from shared.operations import operation_list as listed
from shared.web.paging import Page, paginate


def operation(session: Session, operation_id: UUID) -> Any:
    """Return the operation's row. Raises OperationNotFound."""
    found = find_operation(session, OPERATIONS, operation_id)
    if found is None:
        raise OperationNotFound(operation_id=operation_id)
    return found


def list_operations(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    kind: str | None = None,
    state: str | None = None,
) -> Page:
    """Return a page of operations, newest first: their ids sort by the time they were made."""
    return paginate(
        session,
        listed(OPERATIONS, kind=kind, state=state),
        keys=[(OPERATIONS.operations.c.id, True)],
        limit=limit,
        cursor=cursor,
    )


def these(session: Session, customer_ids: Collection[UUID]) -> Select[Any]:
    """Select the customers of these ids: survivors for those who were merged, nobody for who was erased."""
    merged = survivors_above(session, customer_ids)
    ids = {followed(merged, customer_id) for customer_id in customer_ids}
    return select(Contact.customer_id).where(
        among(Contact.customer_id, ids), Contact.erased_at.is_(None)
    )


def count_members(session: Session, group_id: UUID, whom: Select[Any]) -> tuple[int, int]:
    """Return how many `whom` selects, and how many of them are in the group. Raises GroupNotFound."""
    if session.get(Group, group_id) is None:
        raise GroupNotFound(group_id=group_id)
    found = whom.order_by(None).subquery()
    selected = session.scalar(select(func.count()).select_from(found)) or 0
    members = session.scalar(
        select(func.count()).select_from(members_of(group_id, whom).subquery())
    )
    return selected, members or 0


def members_of(group_id: UUID, whom: Select[Any]) -> Select[Any]:
    """Select those of `whom` who are in the group."""
    found = whom.order_by(None).subquery()
    inside = exists().where(Membership.group_id == group_id, Membership.customer_id == found.c[0])
    return select(found.c[0]).where(inside)


def spans_in(session: Session, group_id: UUID, customer_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return these customers' memberships in the group, as (customer_id, since, source)."""
    rows = session.execute(
        select(Membership.customer_id, Membership.since, Membership.source).where(
            Membership.group_id == group_id, among(Membership.customer_id, customer_ids)
        )
    )
    return {row.customer_id: row for row in rows}


def spans_ended(
    session: Session, group_id: UUID, customer_ids: Collection[UUID]
) -> dict[UUID, Any]:
    """Return the span that ended last of each customer's in the group, as (customer_id, since, until,
    ended_source)."""
    past = PastMembership
    rows = session.execute(
        select(past.customer_id, past.since, past.until, past.ended_source)
        .where(past.group_id == group_id, among(past.customer_id, customer_ids))
        .order_by(past.until, past.since)
    )
    return {row.customer_id: row for row in rows}
