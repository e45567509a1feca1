"""Groups, their tree as a closure table, and how many members each has."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base, ByCodePoint
from shared.db import new_id
from shared.db.types import BigId
from shared.values import sort_key

SEPARATOR = "/"
SORTED_CHARACTERS = 200


class Group(Base):
    """A group of customers at its place in the tree.

    Two groups never have the same path, compared without case and umlauts' spelling: `path_hash` is
    unique, so also two groups without a parent cannot share a name.

    `franchise_key` is what the head office knows the group by, whatever it calls it.
    """

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("groups.id"), index=True)
    name: Mapped[str]
    path: Mapped[str]
    path_hash: Mapped[str] = mapped_column(unique=True)
    path_sort: Mapped[str] = mapped_column(ByCodePoint, index=True)
    description: Mapped[str]
    colour: Mapped[str | None]
    topic: Mapped[bool]
    default_for: Mapped[list[str]]
    origin: Mapped[str]
    franchise_key: Mapped[str | None] = mapped_column(index=True, unique=True)
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def from_head_office(self) -> bool:
        return self.origin == "franchise"


class GroupAncestor(Base):
    """That `group_id` is `depth` levels below `ancestor_id`; each group is its own ancestor at depth 0."""

    __tablename__ = "group_ancestors"
    __table_args__ = (Index("ix_group_ancestors_ancestor_id", "ancestor_id", "group_id"),)

    group_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    ancestor_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    depth: Mapped[int]


class GroupCount(Base):
    """How many members a group has, and how many different ones with its subgroups, as last summed up."""

    __tablename__ = "group_counts"

    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    members: Mapped[int]
    members_with_subgroups: Mapped[int]


class GroupCountChange(Base):
    """What a transaction added to a group's counts.

    Rows are only added, so that parallel imports into one group do not wait for each other; a loop sums
    them up into `GroupCount`. A group's counts are the sum of both tables.
    """

    __tablename__ = "group_count_changes"

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(index=True)
    members: Mapped[int]
    members_with_subgroups: Mapped[int]


def path_levels(path: str) -> list[str]:
    """Return the names along the path, trimmed."""
    return [name.strip() for name in path.split(SEPARATOR)]


def path_keys(levels: Sequence[str]) -> tuple[str, str]:
    """Return what a path is recognised by, and what it is sorted by.

    Level by level, so that a letter whose folded form holds a slash cannot fake another level.
    """
    keys = [sort_key(name) for name in levels]
    recognised = hashlib.blake2b("\0".join(keys).encode(), digest_size=16).hexdigest()
    # The lowest letter parts the levels, so that a group is followed by its own subgroups.
    ordered = " ".join(key.replace(" ", "!") for key in keys)
    return recognised, ordered[:SORTED_CHARACTERS]
