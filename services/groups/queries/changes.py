"""What customers' values and groups were before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups.models import AttributeValues, Membership, PastMembership, ValueChange
from shared.db import among


def documents_of(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return (document, updated_at) of exactly these customers, of those who have any."""
    stored = AttributeValues
    rows = session.execute(
        select(stored.customer_id, stored.document, stored.updated_at).where(
            among(stored.customer_id, customer_ids)
        )
    )
    return {row.customer_id: row for row in rows}


def value_changes_of(
    session: Session, customer_ids: Collection[UUID]
) -> dict[UUID, list[ValueChange]]:
    """Return what is kept of changes to the customers' values, the newest first."""
    found: dict[UUID, list[ValueChange]] = {}
    if customer_ids:
        for row in session.scalars(
            select(ValueChange)
            .where(among(ValueChange.customer_id, customer_ids))
            .order_by(ValueChange.customer_id, ValueChange.version.desc())
        ):
            found.setdefault(row.customer_id, []).append(row)
    return found


def document_at(
    stored: Any | None, changes: Sequence[ValueChange], at: datetime
) -> dict[str, Any] | None:
    """Return what values a customer had at a moment, from what is stored and its changes, newest first.

    A key may have the value None. The answer is None if the moment is too long ago to know.
    """
    if stored is None:
        return {}
    document, since = dict(stored.document), stored.updated_at
    for change in changes:
        if since <= at:
            break
        document |= change.before
        since = change.replaced_at
        if since is None:  # before it there was nothing
            return document
    return document if since <= at else None


def groups_at(session: Session, moments: Mapping[UUID, datetime]) -> dict[UUID, set[UUID]]:
    """Return the groups that each customer was in at a moment of their own."""
    found: dict[UUID, set[UUID]] = {customer_id: set() for customer_id in moments}
    now, past = Membership, PastMembership
    for row in session.execute(
        select(now.customer_id, now.group_id, now.since).where(among(now.customer_id, moments))
    ):
        if row.since <= moments[row.customer_id]:
            found[row.customer_id].add(row.group_id)
    for span in session.execute(
        select(past.customer_id, past.group_id, past.since, past.until).where(
            among(past.customer_id, moments)
        )
    ):
        if span.since <= moments[span.customer_id] < span.until:
            found[span.customer_id].add(span.group_id)
    return found


def opened_by(
    session: Session, reference: str, customer_ids: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    """Return the present memberships (customer, group) that came with the import of this reference."""
    rows = session.execute(
        select(Membership.customer_id, Membership.group_id).where(
            among(Membership.customer_id, customer_ids), Membership.reference == reference
        )
    )
    return [(row.customer_id, row.group_id) for row in rows]


def ended_by(
    session: Session, reference: str, customer_ids: Collection[UUID]
) -> list[PastMembership]:
    """Return the memberships that the import of this reference has ended, and nobody else since.

    Those that it had begun itself are left out.
    """
    latest: dict[tuple[UUID, UUID], PastMembership] = {}
    for span in session.scalars(
        select(PastMembership)
        .where(among(PastMembership.customer_id, customer_ids))
        .order_by(PastMembership.since)
    ):
        if span.reference != reference:
            latest[span.customer_id, span.group_id] = span
    return [span for span in latest.values() if span.ended_reference == reference]
