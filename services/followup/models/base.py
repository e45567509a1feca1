"""What all tables of this service share, or some of them."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPES, new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


def index_of_few(table: str, column: str) -> Index:
    """An index on a column that only a few rows have a value in."""
    some = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, postgresql_where=some, sqlite_where=some)
