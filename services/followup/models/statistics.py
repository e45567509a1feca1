"""Figures of sequences and mailings: what was counted, and its sums by day."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.models.base import Base
from services.followup.models.mails import MailState
from shared.db.types import BigId


class Figure(StrEnum):
    """What is counted: of each mail that it was planned, and the one state that it has ended in."""

    PLANNED = "planned"
    SENT = MailState.SENT
    UNCERTAIN = MailState.UNCERTAIN
    FAILED = MailState.FAILED
    BOUNCED = MailState.BOUNCED
    SKIPPED = MailState.SKIPPED
    ENROLLED = "enrolled"
    COMPLETED = "completed"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


ENDED = (Figure.SENT, Figure.UNCERTAIN, Figure.FAILED, Figure.BOUNCED, Figure.SKIPPED)


class StatChange(Base):
    """What a transaction added to the figures of a sequence or mailing, its `owner`.

    Rows are only added, so that mailers side by side do not wait for each other; a loop sums them up into
    `StatTotal`. A figure is the sum of both tables. What belongs to no step has an empty `step_key`.
    """

    __tablename__ = "stat_changes"

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    owner: Mapped[UUID] = mapped_column(index=True)
    version_id: Mapped[UUID]
    step_key: Mapped[str]
    figure: Mapped[str]
    at: Mapped[datetime]
    count: Mapped[int]


class StatTotal(Base):
    """A figure of one day, by the clock on the business's wall."""

    __tablename__ = "stat_totals"

    owner: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_key: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
