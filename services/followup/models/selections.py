"""Customers whom the groups service selects for what is done here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.models.base import Base
from shared.db import new_id


class SelectionState(StrEnum):
    ASKED = "asked"
    COMPLETE = "complete"
    FAILED = "failed"
    DROPPED = "dropped"  # nobody wants to know any more


class SelectionRequest(Base):
    """A question to the groups service: whom does this audience mean? `kind` and `owner_id` say for what.

    `total` is how many have come, `taken` how many of them the owner has taken from the list since.
    `figures` are what a dry run counts instead of keeping a list.
    """

    __tablename__ = "selection_requests"
    __table_args__ = (Index("ix_selection_requests_owner_id", "owner_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    owner_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default=SelectionState.ASKED)
    asked_at: Mapped[datetime]
    last_part: Mapped[int | None]
    parts: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problem: Mapped[str | None]
    problem_de: Mapped[str | None]


class SelectionPart(Base):
    """A part of the answer that has come: it may come twice."""

    __tablename__ = "selection_parts"

    request_id: Mapped[UUID] = mapped_column(
        ForeignKey("selection_requests.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True)


class SelectedCustomer(Base):
    """Somebody who is selected and not yet taken from the list."""

    __tablename__ = "selected_customers"

    request_id: Mapped[UUID] = mapped_column(
        ForeignKey("selection_requests.id", ondelete="CASCADE"), primary_key=True
    )
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
