"""What happened with customers: activities with their sums, and history entries.

Each row belongs to the customer it was recorded for, also after a merge: whoever reads asks for the customer
and everybody merged into it. So taking a merge back has nothing to sort out.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from services.customers.models.base import metadata
from shared.db import JsonDocument, UtcDateTime

activities = Table(
    "activities",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("description", Text),
    Column("revenue_cents", BigInteger),
    Column("currency", Text),
    Column("attributes", JsonDocument, nullable=False),
    Index("ix_activities_customer_id", "customer_id", "occurred_at", "id"),
    Index("ix_activities_external_id", "source", "external_id", unique=True),
)

customer_summaries = Table(
    "customer_summaries",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("last_visit_at", UtcDateTime),
    Column("contact_count", BigInteger, nullable=False),
    Column("last_revenue_at", UtcDateTime),
    Column("last_revenue_id", Uuid),
    Column("last_revenue_cents", BigInteger),
    Column("last_revenue_currency", Text),
)
"""What a customer's activities come to, kept by increments. Of revenues at one moment the later id counts."""

customer_revenues = Table(
    "customer_revenues",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("cents", BigInteger, nullable=False),
)

_BY_OPERATION = text("operation_id IS NOT NULL")

history_entries = Table(
    "history_entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("date", Date, nullable=False),
    Column("staff", Text),
    Column("info", Text),
    Column("action", Text),
    Column("text", Text),
    Column("search", Text, nullable=False),
    Column("attributes", JsonDocument, nullable=False),
    Column("operation_id", Uuid),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_history_entries_customer_id", "customer_id", "date", "id"),
    Index(
        "ix_history_entries_operation_id",
        "operation_id",
        "customer_id",
        postgresql_where=_BY_OPERATION,
        sqlite_where=_BY_OPERATION,
    ),
)

history_settings = Table(
    "history_settings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("infos", JsonDocument, nullable=False),
    Column("actions", JsonDocument, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row: what may be chosen as info and action of a history entry."""

attributes = Table(
    "attributes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("label", JsonDocument, nullable=False),
    Column("type", Text, nullable=False),
    Column("choices", JsonDocument, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("pattern", Text),
    Column("pattern_hint", Text),
    Column("position", BigInteger, nullable=False),
    Column("removed", Boolean, nullable=False),
)
"""A copy of the attributes of bookings and history entries, fed by the events of the groups service."""
