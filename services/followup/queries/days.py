"""On which day something was counted: the day that clocks on the business's wall showed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Sequence


def zones_of(session: Session, owners: Collection[UUID]) -> dict[UUID, ZoneInfo]:
    """The time zones that sequences go by."""
    known = select(Sequence.id, Sequence.timezone).where(Sequence.id.in_(list(owners)))
    return {row.id: ZoneInfo(row.timezone) for row in session.execute(known)}


def day_of(at: datetime, zone: ZoneInfo | None) -> date:
    """The day in this zone; in UTC for whatever is gone."""
    return at.astimezone(zone or UTC).date()
