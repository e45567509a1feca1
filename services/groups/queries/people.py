"""Questions about who is merged into whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from services.groups.models import Contact, MergeRecord
from shared.db import among

AT_ONCE = 5_000


def survivors_above(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whom the customers are merged into, and whom those are, and so on; nobody else."""
    contact = aliased(Contact)
    merged = Contact.merged_into.is_not(None)
    # One that is empty as long as nobody was merged is all that is looked at (`ix_contacts_merged`).
    chain = (
        select(Contact.customer_id, Contact.merged_into)
        .where(merged, among(Contact.customer_id, customer_ids))
        .cte("chain", recursive=True)
    )
    chain = chain.union(
        select(contact.customer_id, contact.merged_into).where(
            contact.merged_into.is_not(None), contact.customer_id == chain.c.merged_into
        )
    )
    return {row[0]: row[1] for row in session.execute(select(chain))}


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
