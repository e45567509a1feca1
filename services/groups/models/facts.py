"""What selections ask about customers beside groups and values: history, activities and mails as told.

Each row keeps the customer's id as it was told: who asks about one who was merged asks for the family. There
are no rows about people who were erased.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base

_OF_SEQUENCE = text("sequence_id IS NOT NULL")
_OF_MAILING = text("mailing_id IS NOT NULL")


class HistoryFact(Base):
    """A history entry at its newest version; of a deleted one only that it was.

    `folded` has the sort key of every text that is not its own, by column; under `attributes` those of
    attributes, by key.
    """

    __tablename__ = "history_facts"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    version: Mapped[int]
    deleted: Mapped[bool]
    date: Mapped[date | None]
    staff: Mapped[str | None]
    info: Mapped[str | None]
    action: Mapped[str | None]
    text: Mapped[str | None]
    folded: Mapped[dict[str, Any]]
    attributes: Mapped[dict[str, Any]]


class ActivityFact(Base):
    """Something that happened: a visit, an order. `cents` are its revenue, None without any."""

    __tablename__ = "activity_facts"

    activity_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    source: Mapped[str]
    occurred_at: Mapped[datetime]
    cents: Mapped[int | None]
    currency: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]


class MailFact(Base):
    """A mail that has come to an end, perhaps to several: it was sent, and came back later.

    Not every event says of which sequence or mailing it is; one of them does.
    """

    __tablename__ = "mail_facts"
    __table_args__ = (
        Index(
            "ix_mail_facts_sequence_id",
            "sequence_id",
            "customer_id",
            postgresql_where=_OF_SEQUENCE,
            sqlite_where=_OF_SEQUENCE,
        ),
        Index(
            "ix_mail_facts_mailing_id",
            "mailing_id",
            "customer_id",
            postgresql_where=_OF_MAILING,
            sqlite_where=_OF_MAILING,
        ),
    )

    mail_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    sequence_id: Mapped[UUID | None]
    mailing_id: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        if self.bounced_at is not None:
            return "bounced"
        return "failed" if self.sent_at is None else "sent"
