"""The tables that every service's database has: letters out, letters in, and answers already given."""

from sqlalchemy import Column, Identity, Index, Integer, LargeBinary, Table, Text, Uuid

from shared.db.types import BigId, JsonDocument, UtcDateTime, new_metadata

metadata = new_metadata()

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
"""Events written with the change they tell of. A row leaves once everyone who hears it is sure to have it."""

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False, index=True),
)
"""The events this service has handled: what comes twice is skipped."""

inbox_attempts = Table(
    "inbox_attempts",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("attempts", Integer, nullable=False),
)
"""How often handling a message was begun without an end, so that one that kills its process is found."""

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=True),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_at", UtcDateTime, nullable=False),
)
"""Messages that could not be handled, where there is no broker to keep them."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JsonDocument, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
"""Answers given to requests with an Idempotency-Key, for 24 hours."""
