"""Web forms, the wordings of their consent, what was sent in by them, and how often somebody tried."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base
from shared.db import new_id


class Form(Base):
    """A page that everybody may fill in.

    `fields`: in their order, each `{"field": name}` of a customer or `{"attribute": key, "scope": ...}`, with
    `label`, `required` and `help`. `consent_version` counts the wordings there were; 0: none yet.
    """

    __tablename__ = "forms"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    intro: Mapped[str]
    fields: Mapped[list[Any]]
    groups_label: Mapped[str | None]
    consent_text: Mapped[str]
    consent_version: Mapped[int]
    success_text: Mapped[str]
    submit_label: Mapped[str | None]
    double_opt_in: Mapped[bool]
    active: Mapped[bool]
    allowed_origins: Mapped[list[str]]
    language: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FormGroup(Base):
    """That a form has a checkbox for a group; without a `label` it reads as the group is called."""

    __tablename__ = "form_groups"

    form_id: Mapped[UUID] = mapped_column(ForeignKey("forms.id"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id"), primary_key=True, index=True)
    position: Mapped[int]
    label: Mapped[str | None]
    preselected: Mapped[bool]


class FormConsent(Base):
    """A wording that stood in a form from `since` until the next one. Kept when the form is gone."""

    __tablename__ = "form_consents"

    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    wording: Mapped[str]
    since: Mapped[datetime]


class SubmissionState(StrEnum):
    waiting = "waiting"
    """For the customers service to say who it is."""
    accepted = "accepted"
    rejected = "rejected"
    """Nothing was done: `reason` says why it looked like a program's."""


class Submission(Base):
    """What somebody sent in. It outlives its form, and is deleted after a while.

    `customer_values` are of attributes of scope customer, `booking_values` of scope booking, by key.
    `request_key` is the same for the same page sent twice. `consent_version`: the wording agreed to, None if
    none was; only with it `remote_address` is kept.
    """

    __tablename__ = "form_submissions"
    __table_args__ = (Index("ix_form_submissions_form_id", "form_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    form_id: Mapped[UUID]
    form_title: Mapped[str]
    request_key: Mapped[str] = mapped_column(unique=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    fields: Mapped[dict[str, Any]]
    customer_values: Mapped[dict[str, Any]]
    booking_values: Mapped[dict[str, Any]]
    group_ids: Mapped[list[str]]
    consent_version: Mapped[int | None]
    email_key: Mapped[str | None] = mapped_column(index=True)
    remote_address: Mapped[str | None]
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]


class FormAttempts(Base):
    """How often forms were sent from one origin, or for one address, within the span that ends at `until`.

    `key` is a keyed hash: where requests come from is personal data.
    """

    __tablename__ = "form_attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    attempts: Mapped[int]
