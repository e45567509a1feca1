"""Questions about who is merged into whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from services.groups.models import Contact, MergeRecord
from shared.db import among, uuid_array

# The index `ix_contacts_merged` is all that is looked at, and it is empty as long as nobody was merged.
CHAIN = """
WITH RECURSIVE chain AS (
    SELECT customer_id, merged_into FROM contacts
    WHERE merged_into IS NOT NULL AND customer_id {given}
    UNION
    SELECT above.customer_id, above.merged_into
    FROM contacts AS above JOIN chain ON above.customer_id = chain.merged_into
    WHERE above.merged_into IS NOT NULL
)
SELECT customer_id, merged_into FROM chain
"""


def survivors_above(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whom the customers are merged into, and whom those are, and so on; nobody else."""
    # Every change of memberships asks this: put together by SQLAlchemy it takes three times as long.
    if session.get_bind().dialect.name == "postgresql":
        sql, ids = CHAIN.format(given="= ANY(%s::uuid[])"), uuid_array(customer_ids)
    else:
        sql = CHAIN.format(given="IN (SELECT value FROM json_each(?))")
        ids = json.dumps([customer_id.hex for customer_id in customer_ids])
    return {
        _uuid(merged): _uuid(survivor)
        for merged, survivor in session.connection().exec_driver_sql(sql, (ids,))
    }


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def survivor_of(session: Session, customer_id: UUID) -> UUID:
    """Return who the customer is by now: themselves, unless they were merged."""
    return followed(survivors_above(session, [customer_id]), customer_id)


def followed(merged: Mapping[UUID, UUID], customer_id: UUID) -> UUID:
    """Go from the customer to whom they are merged into, up to the last."""
    while (above := merged.get(customer_id)) is not None:
        customer_id = above
    return customer_id


def family_of(session: Session, customer_id: UUID) -> list[UUID]:
    """Return the survivor and everybody who is merged into them, also over several steps."""
    contact = aliased(Contact)
    survivor = survivor_of(session, customer_id)
    family: Any = (
        select(Contact.customer_id)
        .where(Contact.merged_into == survivor)
        .cte("family", recursive=True)
    )
    family = family.union(
        select(contact.customer_id).where(contact.merged_into == family.c.customer_id)
    )
    return [survivor, *session.scalars(select(family))]


def erased_of(session: Session, customer_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these customers were erased."""
    return set(
        session.scalars(
            select(Contact.customer_id).where(
                among(Contact.customer_id, customer_ids), Contact.erased_at.is_not(None)
            )
        )
    )


def merges_of(session: Session, customer_ids: Collection[UUID]) -> list[MergeRecord]:
    """Return what was kept of the merges of these customers, and of those merged into them."""
    return list(
        session.scalars(
            select(MergeRecord).where(
                among(MergeRecord.loser_id, customer_ids)
                | among(MergeRecord.survivor_id, customer_ids)
            ),
            execution_options={"populate_existing": True},
        )
    )
