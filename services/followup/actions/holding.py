"""Keeping customers as they are known while something is decided by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.followup.models import Recipient
from services.followup.queries.families import follow
from services.followup.queries.standings import slices
from shared.db import among, bulk_upsert

_RECIPIENTS: Table = Recipient.__table__  # type: ignore[assignment]


def hold_still(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Until this transaction ends, no other learns anything about these customers.

    Whoever decides by what is known needs it: another worker that learns more at the same moment would not
    see the decision, and nobody would come back to it. Who is not known yet gets a row without a person.
    Returns those that were merged, each with the one it was merged into.
    """
    into: dict[UUID, UUID] = {}
    for some in slices(sorted(set(customer_ids))):
        found = _locked(session, some)
        missing = sorted(set(some) - found.keys())
        bulk_upsert(
            session,
            _RECIPIENTS,
            ("customer_id", "version", "active_version", "active", "consent", "consent_version"),
            [(id_, 0, 0, True, "none", 0) for id_ in missing],
            key=("customer_id",),
            update=(),
        )
        found |= _locked(session, missing)
        into |= {id_: target for id_, target in found.items() if target is not None}
    return into


def _locked(session: Session, customer_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    if not customer_ids:
        return {}
    rows = session.execute(
        select(Recipient.customer_id, Recipient.merged_into)
        .where(among(Recipient.customer_id, customer_ids))
        .order_by(Recipient.customer_id)
        .with_for_update(key_share=True)
    )
    return {row.customer_id: row.merged_into for row in rows}


def ways_home(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Hold the customers still, and all whom they were merged into; returns each one's way to its survivor.

    Nobody can be merged or separated on these ways until this transaction ends.
    """
    held = set(customer_ids)
    into = hold_still(session, held)
    while further := set(into.values()) - held:
        held |= further
        into |= hold_still(session, further)
    return {id_: follow(into, id_) for id_ in set(customer_ids)}
