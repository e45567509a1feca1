"""Reading the consent ledger."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers.models import consent_ledger
from shared.db import among


def ledger_of(session: Session, family: Collection[UUID]) -> list[dict[str, Any]]:
    """Return the consent history of a customer and everybody merged into it, oldest first."""
    rows = session.execute(
        select(consent_ledger)
        .where(among(consent_ledger.c.customer_id, family))
        .order_by(consent_ledger.c.id)
    )
    return [dict(row) for row in rows.mappings()]
