"""In which time zone each customer's mails go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import AttributeValues
from services.followup.queries.standings import slices
from services.followup.schedule import Timed, zone_named
from shared.db import among

ATTRIBUTE = "timezone"
"""The key of the attribute that says where a customer lives, as "Europe/Zurich"."""


class Zones:
    """The zones of customers who have one of their own."""

    def __init__(self, own: Mapping[UUID, ZoneInfo]) -> None:
        self._own = own

    def of(self, sequence: Timed, customer_id: UUID) -> ZoneInfo:
        """The customer's zone where the sequence goes by it and it is known, else the sequence's."""
        if sequence.zone_of == "customer":
            return self._own.get(customer_id, sequence.zone)
        return sequence.zone


def zones(session: Session, sequences: Iterable[Timed], customer_ids: Collection[UUID]) -> Zones:
    """Read the customers' zones, if any of the sequences goes by them."""
    if all(sequence.zone_of == "business" for sequence in sequences):
        return Zones({})
    own = {}
    for some in slices(customer_ids):
        for customer_id, values in session.execute(
            select(AttributeValues.customer_id, AttributeValues.document).where(
                among(AttributeValues.customer_id, some)
            )
        ):
            zone = zone_named(values.get(ATTRIBUTE))
            if zone is not None:
                own[customer_id] = zone
    return Zones(own)
