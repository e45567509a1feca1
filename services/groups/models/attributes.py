"""Attributes that a business defines itself, and its customers' values of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base
from shared.db import new_id
from shared.values import Parser, ValueType, value_parser


class Scope(StrEnum):
    """What an attribute belongs to."""

    customer = "customer"
    booking = "booking"
    history = "history"


class Attribute(Base):
    """The definition of an attribute. Its `key` never changes, so its values outlive every new label."""

    __tablename__ = "attributes"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    scope: Mapped[str]
    key: Mapped[str]
    label: Mapped[dict[str, Any]]
    type: Mapped[str]
    required_staff: Mapped[bool]
    required_form: Mapped[bool]
    pattern: Mapped[str | None]
    pattern_hint: Mapped[str | None]
    choices: Mapped[list[str]]
    help: Mapped[str]
    position: Mapped[int]
    origin: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def required(self) -> dict[str, bool]:
        return {"staff": self.required_staff, "form": self.required_form}

    @property
    def from_head_office(self) -> bool:
        return self.origin == "franchise"

    def parser(self) -> Parser:
        """Return the function that reads a value of this attribute, or raises ValueRefused."""
        return value_parser(
            cast(ValueType, self.type),
            choices=self.choices,
            pattern=self.pattern,
            pattern_hint=self.pattern_hint,
        )


class AttributeValues(Base):
    """One customer's values: `document` maps an attribute's key to its canonical JSON value, never null.

    The document is merged by the database, never read, changed and written back. The row outlives its
    last value: versions go on, or hearers would take new values for old ones.

    `folded` has the sort key of every text, by attribute key: texts are compared by it.
    """

    __tablename__ = "attribute_values"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    version: Mapped[int]
    updated_at: Mapped[datetime]
    folded: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class ValueChange(Base):
    """What a customer's values were before a change: in `before` the old ones of what differs, null for none.

    `version` is the one that the change led to, `replaced_at` the moment of the one before. A customer whom
    an import brought with values has no such row for these: before, there was nobody.
    """

    __tablename__ = "value_changes"
    __table_args__ = (Index("ix_value_changes_changed_at", "changed_at"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    changed_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    before: Mapped[dict[str, Any]]
