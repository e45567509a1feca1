"""Reading the consent ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers.models import consent_ledger


def ledger_of(session: Session, customer_id: UUID) -> list[dict[str, Any]]:
    """Return the customer's consent history, oldest first."""
    rows = session.execute(
        select(consent_ledger)
        .where(consent_ledger.c.customer_id == customer_id)
        .order_by(consent_ledger.c.id)
    )
    return [dict(row) for row in rows.mappings()]
