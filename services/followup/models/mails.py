"""Every mail is one row, from being planned to being sent or not."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.models.base import Base, index_of_few, index_where
from shared.db import new_id


class MailState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    BOUNCED = "bounced"
    SKIPPED = "skipped"


class Phase(StrEnum):
    """How far a mail being sent has come. Only in `data` does nobody know whether the server has it."""

    CLAIMED = "claimed"  # a mailer will hand it over; until then it may be recalled
    BEGUN = "begun"  # the server is told of it, or has refused it
    DATA = "data"  # its body is on its way
    TAKEN = "taken"  # the server has it; what follows is still to be written down


class Priority(IntEnum):
    """What waits for what, if not all that is due can go at once."""

    FIRST = 0  # somebody looks at their screen for it: an invitation, a test mail
    SEQUENCE = 1
    MAILING = 2


class Mail(Base):
    """One message to one customer. Queued once, sent once.

    It belongs to an enrolment, a mailing, an invitation or a test; a test's is to no customer, and has the
    test's id for one. While something holds it (a pause, a missing consent) `due_at` is empty; `planned_at`
    remembers. `entered_as` is whom it was planned for, if that customer was merged into this one.
    """

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "step_key"),
        UniqueConstraint("invitation_id"),
        index_where("ix_mails_due", "state = 'due'", "priority", "due_at"),
        index_where("ix_mails_lease_until", "state = 'sending'", "lease_until"),
        index_where(
            "ix_mails_trouble", "state IN ('uncertain', 'failed', 'bounced')", "state", "id"
        ),
        index_where("ix_mails_mailing_id", "mailing_id IS NOT NULL", "mailing_id", "state"),
        # Whoever is selected gets one mail of it, under whatever id they are known by now.
        index_where(
            "uq_mails_mailing_id_customer_id",
            "mailing_id IS NOT NULL",
            "mailing_id",
            text("coalesce(entered_as, customer_id)"),
            unique=True,
        ),
        index_where("uq_mails_test_id", "test_id IS NOT NULL", "test_id", unique=True),
        Index("ix_mails_customer_id", "customer_id"),
        index_of_few("mails", "entered_as"),
        Index("ix_mails_sequence_id", "sequence_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID]
    entered_as: Mapped[UUID | None]
    purpose: Mapped[str]
    enrolment_id: Mapped[UUID | None]
    sequence_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
    step_key: Mapped[str | None]
    invitation_id: Mapped[UUID | None]
    mailing_id: Mapped[UUID | None]
    test_id: Mapped[UUID | None]
    priority: Mapped[int] = mapped_column(
        SmallInteger, default=Priority.SEQUENCE, server_default=str(Priority.SEQUENCE.value)
    )
    state: Mapped[str]
    reason: Mapped[str | None]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # when it was sent, skipped, or what else it is now
    subject: Mapped[str | None]
    message_id: Mapped[str | None]
    phase: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    mailer: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    smtp_reply: Mapped[str | None]


class Invitation(Base):
    """A request for consent (double opt-in), with what proves it later: wording, times, mail and click."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_customer_id", "customer_id"),
        index_of_few("invitations", "entered_as"),
        Index("ix_invitations_address_key", "address_key", "requested_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID]
    entered_as: Mapped[UUID | None]  # whom it was asked for, if they were merged since
    email: Mapped[str | None]
    address_key: Mapped[str]
    wording: Mapped[str]
    form: Mapped[str | None]
    requested_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    remote_address: Mapped[str | None]
    message_id: Mapped[str | None]
