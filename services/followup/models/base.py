"""What all tables of this service share, or some of them."""

from __future__ import annotations

from sqlalchemy import Index, TextClause, text
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPES, new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


def index_of_few(table: str, column: str) -> Index:
    """An index on a column that only a few rows have a value in."""
    return index_where(f"ix_{table}_{column}", f"{column} IS NOT NULL", column)


def index_where(name: str, some: str, *columns: str | TextClause, unique: bool = False) -> Index:
    """An index on the rows of which the SQL `some` is true."""
    return Index(
        name, *columns, unique=unique, postgresql_where=text(some), sqlite_where=text(some)
    )
