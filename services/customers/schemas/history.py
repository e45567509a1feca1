"""History entries and what may be chosen in them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.customers import errors
from services.customers.schemas.selections import DATE, Day, ManySchema
from shared.fields import Schema, Str
from shared.values import refuse, sort_key
from shared.web import PageArgs, page_of

MOST_CUSTOMERS = 50_000
_ATTRIBUTES = {
    "description": "values of the attributes of scope history, by key; null takes one away"
}


class EntryPatchSchema(Schema):
    """What may be changed; null clears a field, a field or attribute left out stays."""

    date = Day(metadata=DATE)
    staff = Str(max=20, allow_none=True)
    info = Str(max=200, allow_none=True)
    action = Str(max=200, allow_none=True)
    text = Str(max=10_000, lines=True, allow_none=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), metadata=_ATTRIBUTES)

    @ma.post_load
    def _blank_is_nothing(self, values: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {name: None if value == "" else value for name, value in values.items()}


class NewEntrySchema(EntryPatchSchema):
    """A new entry. Without a date it is of today, without staff of whoever sends it."""

    customer_id = ma.fields.UUID(metadata={"description": "here or in the address"})


class EntrySchema(ma.Schema):
    """A history entry with its place among the person's entries; position 1 is the newest."""

    id = ma.fields.UUID(required=True)
    customer_id = ma.fields.UUID(required=True)
    version = ma.fields.Integer(required=True)
    date = ma.fields.Date(required=True)
    staff = ma.fields.String(required=True, allow_none=True)
    info = ma.fields.String(required=True, allow_none=True)
    action = ma.fields.String(required=True, allow_none=True)
    text = ma.fields.String(required=True, allow_none=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), required=True)
    position = ma.fields.Integer(required=True)
    total = ma.fields.Integer(required=True)
    previous_id = ma.fields.UUID(required=True, allow_none=True)
    next_id = ma.fields.UUID(required=True, allow_none=True)
    operation_id = ma.fields.UUID(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    updated_at = ma.fields.AwareDateTime(required=True)


class HistoryArgs(PageArgs):
    """Whose history."""

    customer_id = ma.fields.UUID(required=True)


class WhoseArgs(Schema):
    """Whose history the new entry goes into, if the entry does not say so itself."""

    customer_id = ma.fields.UUID(load_default=None)


def _each_once(values: list[str]) -> None:
    seen: set[str] = set()
    for value in values:
        key = sort_key(value)
        if key in seen:
            raise ma.ValidationError(refuse(errors.OFFERED_TWICE, value).text)
        seen.add(key)


def _offered() -> ma.fields.List:
    return ma.fields.List(
        Str(min=1, max=200),
        required=True,
        validate=[ma.validate.Length(max=500), _each_once],
    )


class OfferSchema(Schema):
    """What may be chosen as info and action of a history entry, in this order."""

    infos = _offered()
    actions = _offered()


class HistorySettingsSchema(ma.Schema):
    """What may be chosen as info and action of a history entry."""

    infos = ma.fields.List(ma.fields.String(), required=True)
    actions = ma.fields.List(ma.fields.String(), required=True)
    version = ma.fields.Integer(required=True)


class HistoryBatchSchema(ManySchema):
    """One entry for many customers."""

    entry = ma.fields.Nested(EntryPatchSchema, required=True)


EntryPageSchema = page_of(EntrySchema)
