"""Sequences of mails, their versions, and the customers going through them."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, false, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.messages.layout import Message
from services.followup.models.base import Base, index_of_few
from services.followup.schedule import CatchUp, Delay, Unit, Window
from shared.db import new_id

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SequenceState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class EnrolmentState(StrEnum):
    WAITING = "waiting_for_consent"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"


LIVE = (EnrolmentState.WAITING, EnrolmentState.ACTIVE, EnrolmentState.PAUSED)


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """What happens when life gets in the way of a sequence."""

    on_leave: Literal["stop", "continue", "pause"] = "stop"
    on_inactive: Literal["pause", "stop"] = "pause"
    reentry: Literal["never", "after_leaving", "always"] = "never"
    catch_up: CatchUp = "spread"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One mail of a sequence. `key` stays the same over all versions."""

    key: str
    subject: str
    delay: dict[str, Any] = {}
    at: str | None = None
    html: str | None = None
    text: str | None = None

    @property
    def wait(self) -> Delay:
        unit: Unit = self.delay.get("unit", "minutes")
        return Delay(int(self.delay.get("value", 0)), unit)

    @property
    def time_of_day(self) -> time | None:
        return time.fromisoformat(self.at) if self.at else None

    @property
    def message(self) -> Message:
        return Message(self.subject, self.html or "", self.text or "")


class Sequence(Base):
    """A series of mails that starts when a customer enters one of its groups."""

    __tablename__ = "sequences"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=SequenceState.DRAFT)
    purpose: Mapped[str]
    include_subgroups: Mapped[bool]
    start_groups: Mapped[list[str]]
    excluding_groups: Mapped[list[str]]
    end_group: Mapped[UUID | None]
    sender: Mapped[dict[str, Any]]
    sending_window: Mapped[dict[str, Any]]
    timezone: Mapped[str]
    zone_of: Mapped[str] = mapped_column(default="business", server_default="business")
    policies: Mapped[dict[str, Any]]
    version_id: Mapped[UUID]  # the steps that newcomers get
    keys_given: Mapped[int] = mapped_column(default=0)  # the last `step-N` that a step got
    retired_keys: Mapped[list[str]] = mapped_column(default=list)  # of deleted steps
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]

    @property
    def newsletter(self) -> bool:
        """Whether it needs a confirmed opt-in."""
        return self.purpose == "newsletter"

    @property
    def rules(self) -> Policies:
        return msgspec.convert(self.policies, Policies)

    @property
    def window(self) -> Window | None:
        return window_of(self.sending_window)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def window_of(document: dict[str, Any]) -> Window | None:
    """The sending window as schedules know it; None if there is none."""
    if not document:
        return None
    days = document.get("days") or DAYS
    return Window(
        frozenset(DAYS.index(day) for day in days),
        time.fromisoformat(document.get("from") or "00:00"),
        time.fromisoformat(document.get("to") or "00:00"),
        document.get("holidays"),
    )


class SequenceVersion(Base):
    """The steps of a sequence as published once. Never changed while somebody may be on them.

    `used` stands as soon as somebody was moved to it or away from it: it stays, though nobody is on it.
    """

    __tablename__ = "sequence_versions"
    __table_args__ = (UniqueConstraint("sequence_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sequence_id: Mapped[UUID] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"))
    number: Mapped[int]
    steps: Mapped[list[Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    used: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def as_steps(self) -> list[Step]:
        return msgspec.convert(self.steps, list[Step])


class StartGroup(Base):
    """A group whose entering starts a sequence."""

    __tablename__ = "start_groups"
    __table_args__ = (Index("ix_start_groups_group_id", "group_id"),)

    sequence_id: Mapped[UUID] = mapped_column(
        ForeignKey("sequences.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[UUID] = mapped_column(primary_key=True)


_UNTHINNED = text("ended_at IS NOT NULL AND thinned_at IS NULL")


class Enrolment(Base):
    """A customer's way through a sequence; `run` counts how often they have entered it.

    `entered_as` is who entered, if that customer was merged into this one. `merge_note` says what the merge
    did to this way, so that it can be taken back. `passed` lists steps in their order that it is past,
    whatever its version says: those before it was moved to another one. When the mails of a way that is over
    are deleted (`thinned_at`), it lists those that were sent.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("sequence_id", "customer_id", "run"),
        Index("ix_enrolments_customer_id", "customer_id"),
        Index("ix_enrolments_sequence_id_state", "sequence_id", "state"),
        Index(
            "ix_enrolments_ended_at",
            "ended_at",
            postgresql_where=_UNTHINNED,
            sqlite_where=_UNTHINNED,
        ),
        index_of_few("enrolments", "entered_as"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sequence_id: Mapped[UUID] = mapped_column(ForeignKey("sequences.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("sequence_versions.id"))
    customer_id: Mapped[UUID]
    entered_as: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    run: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    entered_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    spread: Mapped[bool]
    merge_note: Mapped[dict[str, Any] | None]
    passed: Mapped[list[str] | None]
    thinned_at: Mapped[datetime | None]

    @property
    def origin(self) -> UUID:
        """Who entered."""
        return self.entered_as or self.customer_id

    @property
    def had(self) -> tuple[str, ...]:
        """Keys of the steps that count as sent: the person has had them in another way."""
        return had_by(self.merge_note)


def not_over() -> ColumnElement[bool]:
    """Enrolments that are live, and those that only a merge has stopped: its undoing would resume them."""
    return or_(Enrolment.state.in_(LIVE), Enrolment.merge_note.is_not(None))


def had_by(merge_note: dict[str, Any] | None) -> tuple[str, ...]:
    return tuple((merge_note or {}).get("had", ()))
