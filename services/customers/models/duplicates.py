"""Pairs of customers who may be one person."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid

from services.customers.models.base import metadata
from shared.db import JsonDocument, UtcDateTime

duplicates = Table(
    "duplicates",
    metadata,
    Column("first_id", Uuid, primary_key=True),
    Column("second_id", Uuid, primary_key=True),
    Column("score", Integer, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("reasons", JsonDocument, nullable=False),
    Column("dismissed_at", UtcDateTime),
    Column("dismissed_by", Text),
    CheckConstraint("first_id < second_id", name="in_order"),
    Index("ix_duplicates_second_id", "second_id"),
    Index("ix_duplicates_score", "score", "first_id", "second_id"),
)
"""`score`: 0 to 100. A pair that staff know to be two persons stays as dismissed."""

comparisons_due = Table("comparisons_due", metadata, Column("customer_id", Uuid, primary_key=True))
"""Who is new or changed and is still to be compared with all others."""
