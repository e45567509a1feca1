"""Who somebody is, as far as mails need it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.errors import CustomerNotFound
from services.followup.models import AttributeValues, Recipient
from services.followup.queries.delivery import attribute_keys
from services.followup.queries.families import home


def known_people(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """Who these customers are; somebody unknown or erased is left out."""
    known = select(Recipient).where(
        Recipient.customer_id.in_(customer_ids), Recipient.erased_at.is_(None)
    )
    return {person.customer_id: person for person in session.scalars(known)}


def person(session: Session, customer_id: UUID) -> tuple[Recipient, dict[str, Any]]:
    """A recipient with all attributes, empty ones too."""
    customer_id = home(session, customer_id)
    found = session.get(Recipient, customer_id)
    if found is None or found.erased_at is not None:
        raise CustomerNotFound(customer_id=customer_id)
    values = session.get(AttributeValues, customer_id)
    return found, attribute_keys(session) | (values.document if values else {})
