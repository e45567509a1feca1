"""Newsletters to a selection of customers, and the mails by which staff try messages out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.messages.layout import Message
from services.followup.models.base import Base, index_of_few
from services.followup.models.sequences import window_of
from services.followup.schedule import Window
from shared.db import new_id


class MailingState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SELECTING = "selecting"  # the groups service is asked whom the audience means
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Mailing(Base):
    """One message to everybody whom its audience means at the moment of its start.

    `topics` are the topics that it is about: without a word of staff (None) those among the groups of its
    audience. `selected_by` is the selection that it goes to, `counted_by` the one of its last dry run.
    """

    __tablename__ = "mailings"
    __table_args__ = (Index("ix_mailings_state", "state"), index_of_few("mailings", "send_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=MailingState.DRAFT)
    purpose: Mapped[str]
    message: Mapped[dict[str, Any]]
    sender: Mapped[dict[str, Any]]
    audience: Mapped[dict[str, Any]]
    topics: Mapped[list[str] | None]
    sending_window: Mapped[dict[str, Any]]
    timezone: Mapped[str]
    per_hour: Mapped[int | None]
    send_at: Mapped[datetime | None]
    next_slot_at: Mapped[datetime | None]  # with `per_hour`: when the next mail may go
    selected_by: Mapped[UUID | None]
    counted_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    failure_de: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]

    @property
    def words(self) -> Message:
        """What it says."""
        return message_of(self.message)

    @property
    def window(self) -> Window | None:
        return window_of(self.sending_window)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class TestMail(Base):
    """A message that somebody sends to an address of their own, filled with a customer's data or examples.

    It keeps the message as it was then: the draft may change before the mail goes.
    """

    __tablename__ = "test_mails"
    __table_args__ = (
        Index("ix_test_mails_created_by", "created_by", "created_at"),
        Index("ix_test_mails_address_key", "address_key"),
        index_of_few("test_mails", "customer_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    address_key: Mapped[str]
    customer_id: Mapped[UUID | None]  # whose data it is filled with
    newsletter: Mapped[bool]
    message: Mapped[dict[str, Any]]
    sender: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    @property
    def words(self) -> Message:
        """What it says."""
        return message_of(self.message)


def message_of(document: dict[str, Any]) -> Message:
    """The message that is stored with these parts."""
    return Message(document["subject"], document.get("html") or "", document.get("text") or "")
