"""Receipts of erasures. They name the number and nothing of the person."""

from sqlalchemy import BigInteger, Column, Table, Text, Uuid

from services.customers.models.base import metadata
from shared.db import JsonDocument, UtcDateTime

erasures = Table(
    "erasures",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("services", JsonDocument, nullable=False),
    Column("completed_at", UtcDateTime),
)
"""`services`: each service's name and when it had let go of the person."""
