"""What customers were before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers.models import customer_changes as changes
from shared.db import among


def changes_of(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Return what is kept of the customers' changes, the newest first."""
    found: dict[UUID, list[Any]] = {}
    if ids:
        rows = session.execute(
            select(changes)
            .where(among(changes.c.customer_id, ids))
            .order_by(changes.c.customer_id, changes.c.version.desc())
        )
        for row in rows:
            found.setdefault(row.customer_id, []).append(row)
    return found


def values_at(rows: Sequence[Any], version: int, today: int) -> dict[str, Any] | None:
    """Return how a customer with these changes (newest first) was at `version`; `today` is the present one.

    By field the value as JSON holds it, of those fields only that were changed since. None if it was so long
    ago that it is not known any more, or if there never was such a version.
    """
    values: dict[str, Any] = {}
    for row in rows:
        if today <= version or row.version != today:
            break
        values |= row.before
        today = row.replaced
    return values if today == version else None
