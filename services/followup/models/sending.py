"""What all mailers know together of the ways that mails take."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.models.base import Base


class CircuitBreaker(Base):
    """A way that is closed for a while, and why; and whether consent is still being heard."""

    __tablename__ = "circuit_breakers"

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    open_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    changed_at: Mapped[datetime]


class Refusal(Base):
    """Somebody's mail server did not want a sender's mail, a short while ago."""

    __tablename__ = "refusals"
    __table_args__ = (Index("ix_refusals_refused_at", "refused_at"),)

    sender: Mapped[str] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    refused_at: Mapped[datetime]


class SendSlot(Base):
    """When the next mail may go from a sender, or to a domain. Only where there is a limit."""

    __tablename__ = "send_slots"

    scope: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
