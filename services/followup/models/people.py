"""Copies of customers, groups and memberships as far as mail needs them, and who gets none."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from services.followup.models.base import Base, index_of_few
from shared.db import new_id


class Consent(StrEnum):
    """The customer's word on newsletters, as the customers service last told it."""

    NONE = "none"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REVOKED = "revoked"


class Recipient(Base):
    """A customer as far as mail needs to know. An erased one stays as a row without a person.

    `merged_into` is whom the customer is one with, as of the newest merge or undoing that was heard:
    `merge_version` is the customer's version in it.
    """

    __tablename__ = "recipients"
    __table_args__ = (
        Index("ix_recipients_address_key", "address_key"),
        index_of_few("recipients", "merged_into"),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    number: Mapped[int | None]
    active: Mapped[bool]
    active_version: Mapped[int]
    erased_at: Mapped[datetime | None]
    email: Mapped[str | None]
    address_key: Mapped[str | None]
    salutation: Mapped[str | None]
    title: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    company: Mapped[str | None]
    phone: Mapped[str | None]
    mobile: Mapped[str | None]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    birthday: Mapped[str | None]
    language: Mapped[str | None]
    consent: Mapped[str] = mapped_column(default=Consent.NONE)
    consent_version: Mapped[int] = mapped_column(default=0)
    consent_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    merge_version: Mapped[int] = mapped_column(default=0, server_default="0")


class Attribute(Base):
    """An attribute of customers: its key may stand in a message."""

    __tablename__ = "attributes"

    attribute_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    key: Mapped[str]
    label: Mapped[dict[str, Any]]
    removed: Mapped[bool]


class AttributeValues(Base):
    """A customer's attribute values, by key."""

    __tablename__ = "attribute_values"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    # Not `values`: a word of SQL, and of SQLAlchemy.
    document: Mapped[dict[str, Any]]


class Suppression(Base):
    """An address that gets no mail, and why. It survives the person's erasure: only a keyed hash is kept."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("address_key", "reason"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    address_key: Mapped[str]
    reason: Mapped[str]  # unsubscribed, bounced, complained, manual, erased
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    mail_id: Mapped[UUID | None]


class Secret(Base):
    """A key that must outlive every change of the installation's secret: opt-outs hang on it."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class Group(Base):
    """A group of the groups service. A deleted one stays: its name may stand in mails to come."""

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    path: Mapped[str]
    ancestor_ids: Mapped[list[str]]  # from its parent up to the root
    deleted: Mapped[bool]
    topic: Mapped[bool] = mapped_column(default=False, server_default=false())
    description: Mapped[str] = mapped_column(default="", server_default="")


class Membership(Base):
    """Whether a customer is in a group, as of the last event about the two.

    `by_merge`: it changed because the customer became one with another, or two again.
    """

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_group_id", "group_id", "member"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    member: Mapped[bool]
    changed_at: Mapped[datetime]
    by_merge: Mapped[bool] = mapped_column(default=False, server_default=false())


class TopicChoice(Base):
    """What a person last said about a topic on the preference page."""

    __tablename__ = "topic_choices"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    chosen: Mapped[bool]
    chosen_at: Mapped[datetime]
