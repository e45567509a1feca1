from __future__ import annotations

from typing import ClassVar

from sqlalchemy import String, Table
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPES, new_metadata

# PostgreSQL compares by code point then, as SQLite does: the keys are folded for sorting already.
ByCodePoint = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    __table__: ClassVar[Table]

    metadata = new_metadata()
    type_annotation_map = TYPES
