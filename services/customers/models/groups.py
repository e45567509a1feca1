"""Copies of the groups and of who is in them, fed by the events of the groups service."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, Uuid, text

from services.customers.models.base import metadata
from shared.db import UtcDateTime

groups = Table(
    "groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("path", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("origin", Text, nullable=False, server_default="local"),
    Index("ix_groups_path", "path"),
)
"""A group by its path. Version 0: known only from a membership yet. A deleted one stays as a tombstone."""

group_ancestors = Table(
    "group_ancestors",
    metadata,
    Column("group_id", Uuid, primary_key=True),
    Column("ancestor_id", Uuid, primary_key=True),
    Index("ix_group_ancestors_ancestor_id", "ancestor_id"),
)
"""Which groups a group lies under."""

memberships = Table(
    "memberships",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("group_id", Uuid, primary_key=True),
    Column("member", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(
        "ix_memberships_group_id",
        "group_id",
        "customer_id",
        postgresql_where=text("member"),
        sqlite_where=text("member"),
    ),
)
"""Who is in which group. Who has left stays as a row, so that news which arrive late change nothing."""
