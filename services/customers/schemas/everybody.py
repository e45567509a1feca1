"""Asking for everybody, and for what is known of thousands."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import marshmallow as ma
import msgspec
from msgspec import Meta

from services.customers.errors import BatchUnreadable
from shared.errors import Invalid
from shared.fields import Schema

MOST_IDS = 5_000

SORTS = ("number", "name", "registered_at", "updated_at")


class EverybodySchema(Schema):
    active = ma.fields.String(
        load_default="all", validate=ma.validate.OneOf(("true", "false", "all"))
    )
    sort = ma.fields.String(
        load_default="number",
        validate=ma.validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]),
    )


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """Whom and what: the fields' names."""

    ids: Annotated[list[UUID], Meta(max_length=MOST_IDS)]
    fields: Annotated[list[str], Meta(max_length=100)]


class ReadingSchema(ma.Schema):
    """Describes `Reading` for the OpenAPI document."""

    ids = ma.fields.List(ma.fields.UUID(), required=True, validate=ma.validate.Length(max=MOST_IDS))
    fields = ma.fields.List(ma.fields.String(), required=True)  # type: ignore[assignment]


def read_reading(body: bytes) -> Reading:
    """Raises BatchUnreadable for what is not JSON, and Invalid."""
    try:
        return msgspec.json.decode(body, type=Reading)
    except msgspec.ValidationError as error:
        raise Invalid(errors={"_schema": [str(error)]}) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BatchUnreadable(reason=error) from None
