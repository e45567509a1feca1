"""Asking for everybody whom a selection means, and for what is known of thousands."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import marshmallow as ma
import msgspec
from msgspec import Meta

from services.groups.schemas.batches import AttributeKey
from services.groups.schemas.selections import FILTER, SORTS, FilterField
from shared.errors import Text
from shared.fields import Schema

_SORTS = (*SORTS, "group")
_ONE_OF_BOTH = Text(
    "Send a filter or a saved selection, not both.",
    de="Bitte einen Filter oder eine gespeicherte Selektion senden, nicht beides.",
)


class SelectedIdsSchema(Schema):
    filter = FilterField(load_default=None, allow_none=True, metadata=FILTER)
    selection_id = ma.fields.UUID(load_default=None, allow_none=True)
    sort = ma.fields.String(
        load_default="name",
        validate=ma.validate.OneOf([*_SORTS, *(f"-{name}" for name in _SORTS)]),
        metadata={"description": "`group`: by the first of their groups; who is in none is last"},
    )

    @ma.validates_schema
    def one_of_both(self, asked: dict[str, Any], **_: Any) -> None:
        if asked.get("filter") is not None and asked.get("selection_id") is not None:
            raise ma.ValidationError(_ONE_OF_BOTH, "selection_id")


class Whose(msgspec.Struct, forbid_unknown_fields=True):
    """Customers whose groups and values are asked for; `attributes` are keys."""

    ids: Annotated[list[UUID], Meta(max_length=5000)]
    attributes: Annotated[list[AttributeKey], Meta(max_length=1000)] = []
