"""The register: the last customer number given, and how many customers there are."""

from sqlalchemy import BigInteger, Column, Integer, Table

from services.customers.models.base import metadata

register = Table(
    "register",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
    Column("active", BigInteger, nullable=False),
    Column("inactive", BigInteger, nullable=False),
)
"""One row. Who holds its lock is the only one creating customers: numbers have no gaps and no twins, and a
last look for somebody created meanwhile is certain. It is the last lock a transaction takes."""
