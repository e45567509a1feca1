"""Column types, names and values that mean the same on PostgreSQL and SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, SafeUUID

import uuid_utils
from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_UNKNOWN = SafeUUID.unknown


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562): ids sort by the time they were made."""
    # What uuid_utils.compat does, without looking the enum's member up each time, which takes 2 of its 3 µs.
    made = object.__new__(UUID)
    object.__setattr__(made, "int", uuid_utils.uuid7().int)
    object.__setattr__(made, "is_safe", _UNKNOWN)
    return made


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, always read back in UTC. SQLite, which knows no zones, stores it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; moments are stored aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonDocument = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A growing 64-bit key; SQLite only counts up a column that is called INTEGER."""

TYPES: dict[Any, Any] = {
    str: Text(),
    int: BigInteger(),
    datetime: UtcDateTime(),
    UUID: Uuid(),
    dict[str, Any]: JsonDocument,
    list[Any]: JsonDocument,
    list[str]: JsonDocument,
}
"""How a model's annotations become columns: `type_annotation_map = TYPES`."""


def new_metadata() -> MetaData:
    """Return a metadata whose constraints have predictable names, so that migrations can name them."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
