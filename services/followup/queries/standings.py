"""What is known of customers, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Recipient, Suppression
from services.followup.rules import Standing
from shared.db import among

T = TypeVar("T")
AT_ONCE = 2_000
"""How many ids one statement asks for."""


def slices(items: Collection[T]) -> Iterator[Sequence[T]]:
    """The items in portions that fit into one statement."""
    listed = list(items)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def standings(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The standing of each customer that this service knows."""
    found: dict[UUID, Standing] = {}
    for some in slices(customer_ids):
        rows = session.execute(
            select(
                Recipient.customer_id, Recipient.active, Recipient.erased_at,
                Recipient.address_key, Recipient.consent,
                # A row made only to be locked tells nothing.
                (Recipient.version + Recipient.active_version + Recipient.consent_version > 0).label("heard"),
            ).where(among(Recipient.customer_id, some))
        ).all()  # fmt: skip
        blocked = suppressions(session, {row.address_key for row in rows if row.address_key})
        for row in rows:
            found[row.customer_id] = Standing(
                known=row.heard or row.erased_at is not None,
                active=row.active,
                erased=row.erased_at is not None,
                has_address=row.address_key is not None,
                consent=row.consent,
                suppressed=blocked.get(row.address_key, frozenset()),
            )
    return found


def suppressions(session: Session, address_keys: Collection[str]) -> dict[str, frozenset[str]]:
    """The reasons for which addresses are suppressed."""
    found: dict[str, set[str]] = defaultdict(set)
    for some in slices(address_keys):
        for key, reason in session.execute(
            select(Suppression.address_key, Suppression.reason).where(
                Suppression.address_key.in_(some)
            )
        ):
            found[key].add(reason)
    return {key: frozenset(reasons) for key, reasons in found.items()}


def erased_of(session: Session, customer_ids: Collection[UUID]) -> set[UUID]:
    """Those of the customers that were erased."""
    return {
        id_
        for some in slices(customer_ids)
        for id_ in session.scalars(
            select(Recipient.customer_id).where(
                among(Recipient.customer_id, some), Recipient.erased_at.is_not(None)
            )
        )
    }


def customers_with(session: Session, address_keys: Iterable[str]) -> list[UUID]:
    """Everybody who is reached at one of the addresses: families share one."""
    return list(
        session.scalars(
            select(Recipient.customer_id).where(Recipient.address_key.in_(list(address_keys)))
        )
    )
