from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Table
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPES, new_metadata


class Base(DeclarativeBase):
    __table__: ClassVar[Table]

    metadata = new_metadata()
    type_annotation_map = TYPES
