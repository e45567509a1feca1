"""Selections: questions about customers that were given a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base, ByCodePoint
from shared.db import new_id


class Selection(Base):
    """A saved filter. It names groups and selections by id, so that it outlives their new names."""

    __tablename__ = "selections"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(ByCodePoint, unique=True)
    description: Mapped[str]
    filter: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SelectionReference(Base):
    """That a saved selection's filter names a group, an attribute ("scope:key") or another selection."""

    __tablename__ = "selection_references"
    __table_args__ = (Index("ix_selection_references_target", "kind", "target"),)

    selection_id: Mapped[UUID] = mapped_column(ForeignKey("selections.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)


class SelectionUse(Base):
    """That something elsewhere relies on a selection: `kind` and `name` say to people what it is."""

    __tablename__ = "selection_uses"

    selection_id: Mapped[UUID] = mapped_column(ForeignKey("selections.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    since: Mapped[datetime]
