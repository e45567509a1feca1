"""Bulk acts and merges: each one unit that is shown, counted and can be taken back."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Uuid

from services.customers.models.base import metadata
from shared.db import JsonDocument
from shared.operations import operation_tables

OPERATIONS = operation_tables(metadata)
operations, operation_items = OPERATIONS

selected_parts = Table(
    "selected_parts",
    metadata,
    Column("operation_id", Uuid, ForeignKey("operations.id"), primary_key=True),
    Column("part", BigInteger, primary_key=True),
    Column("last", Boolean, nullable=False),
)
"""Which parts have come of the answer whom an operation's selection means, as long as others are missing."""

merges = Table(
    "merges",
    metadata,
    Column("operation_id", Uuid, ForeignKey("operations.id"), primary_key=True),
    Column("loser_id", Uuid, primary_key=True),
    Column("survivor_id", Uuid, nullable=False),
    Column("changed", JsonDocument, nullable=False),
    Index("ix_merges_loser_id", "loser_id"),
    Index("ix_merges_survivor_id", "survivor_id"),
)
"""Who became part of whom. `changed`: what that changed at the survivor, field by field, as [before, after];
it stands with the first of the losers that an operation names for a survivor."""
