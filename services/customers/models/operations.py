"""Bulk acts and merges: each one unit that is shown, counted and can be taken back."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, Uuid, text

from services.customers.models.base import metadata
from shared.db import JsonDocument, UtcDateTime

_AT_WORK = text("state IN ('running', 'undoing')")

operations = Table(
    "operations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("request", JsonDocument, nullable=False),
    Column("failure", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("undone_at", UtcDateTime),
    Column("undone_by", Text),
    Index("ix_operations_at_work", "id", postgresql_where=_AT_WORK, sqlite_where=_AT_WORK),
)
"""`count`: customers concerned; `done`: of them so far; `kept`: left alone when it was taken back."""

operation_items = Table(
    "operation_items",
    metadata,
    Column("operation_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    Column("done", Boolean, nullable=False),
)
"""Whom an operation is about, fixed when it began: a million rows at once, without a foreign key to check."""

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
