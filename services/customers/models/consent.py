"""The consent ledger: what each customer was asked, allowed and withdrew. It only ever grows."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, Uuid

from services.customers.models.base import metadata
from shared.db import UtcDateTime

LEDGER_PERSONAL = ("email", "evidence", "message_id", "remote_address")
"""The columns that erasing a person empties. A database trigger refuses every other change."""

consent_ledger = Table(
    "consent_ledger",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey("customers.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("effective", Boolean, nullable=False),
    Column("wording", Text),
    Column("wording_version", Text),
    Column("form", Text),
    Column("evidence", Text),
    Column("by", Text),
    Column("email", Text),
    Column("message_id", Text),
    Column("remote_address", Text),
    Index("ix_consent_ledger_customer_id", "customer_id", "id"),
)
