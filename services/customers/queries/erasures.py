"""Reading receipts of erasures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers.errors import ErasureNotFound
from services.customers.models import erasures


def erasure(session: Session, customer_id: UUID) -> Any:
    """Return the receipt. Raises ErasureNotFound."""
    found = session.execute(select(erasures).where(erasures.c.customer_id == customer_id)).first()
    if found is None:
        raise ErasureNotFound(customer_id=customer_id)
    return found
