"""Customers who were merged: with whom the rows of each are now, and who has come along.

A merge is a pointer from the loser to the survivor, over several steps if the survivor was merged as well.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Recipient
from services.followup.queries.standings import slices
from shared.db import among


def pointers(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of the customers that were merged, each with the one it was merged into."""
    return {
        row.customer_id: row.merged_into
        for some in slices(customer_ids)
        for row in session.execute(
            select(Recipient.customer_id, Recipient.merged_into).where(
                among(Recipient.customer_id, some), Recipient.merged_into.is_not(None)
            )
        )
    }


def homes(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """With whom each one's rows are: the survivor, or the customer itself."""
    known: dict[UUID, UUID] = {}
    further = set(customer_ids)
    while further:
        known |= pointers(session, further)
        further = {known[id_] for id_ in further if id_ in known} - known.keys()
    return {id_: follow(known, id_)[-1] for id_ in customer_ids}


def home(session: Session, customer_id: UUID) -> UUID:
    return homes(session, [customer_id])[customer_id]


def follow(pointers: dict[UUID, UUID], customer_id: UUID) -> list[UUID]:
    """The customer, whom it was merged into, and so on to the survivor."""
    way = [customer_id]
    while (further := pointers.get(way[-1])) is not None and further not in way:
        way.append(further)
    return way


def below(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Everybody who was merged into one of these, over however many steps, with the one it leads to."""
    found: dict[UUID, UUID] = {}
    further = {id_: id_ for id_ in customer_ids}
    while further:
        into = {
            row.customer_id: further[row.merged_into]
            for some in slices(list(further))
            for row in session.execute(
                select(Recipient.customer_id, Recipient.merged_into).where(
                    among(Recipient.merged_into, some), Recipient.merged_into.is_not(None)
                )
            )
        }
        further = {id_: to for id_, to in into.items() if id_ not in found}
        found |= further
    return found
