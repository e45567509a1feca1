"""The register: the last customer number given, and how many customers there are."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from services.customers.models.base import metadata

register = Table(
    "register",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
    Column("active", BigInteger, nullable=False),
    Column("inactive", BigInteger, nullable=False),
    Column("home_country", Text),
)
"""One row. Who holds its lock is the only one creating customers: numbers have no gaps and no twins, and a
last look for somebody created meanwhile is certain. It is the last lock a transaction takes.

`home_country` is where stored telephone keys take numbers without a country code to be from."""
