"""Attributes in and out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from services.groups.rules import attribute_key
from services.groups.schemas.groups import ORIGINS, Ruled
from services.groups.schemas.selections import UseSchema
from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.values import VALUE_TYPES
from shared.web import PageArgs

SCOPES = ("customer", "booking", "history")

_LABEL = Text(
    "needs a text in German (de) or English (en)",
    de="braucht einen Text auf Deutsch (de) oder Englisch (en)",
)


class LabelSchema(Schema):
    de = Str(max=100, min=1)
    en = Str(max=100, min=1)

    @ma.validates_schema
    def _has_one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data:
            raise ValidationError(_LABEL)


class RequiredSchema(Schema):
    staff = Boolean()
    form = Boolean()


class AttributeFieldsSchema(Schema):
    """What can be said about an attribute when it is defined and later."""

    required = ma.fields.Nested(RequiredSchema)
    pattern = Str(
        max=200, allow_none=True, metadata={"description": "Regular expression, as RE2 takes it"}
    )
    pattern_hint = Str(max=300, allow_none=True)
    choices = ma.fields.List(Str(max=200, min=1), validate=ma.validate.Length(max=500))
    help = Str(max=1000, lines=True)
    position = Integer(validate=ma.validate.Range(0, 1_000_000))

    @ma.post_load
    def flatten_required(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        for who, wanted in data.pop("required", {}).items():
            data[f"required_{who}"] = wanted
        return data


class AttributeCreateSchema(AttributeFieldsSchema):
    key = Ruled(attribute_key, max=63, metadata={"description": "Made from the label if missing"})
    label = ma.fields.Nested(LabelSchema, required=True)
    scope = Str(max=20, load_default="customer", validate=ma.validate.OneOf(SCOPES))
    type = Str(max=20, required=True, validate=ma.validate.OneOf(VALUE_TYPES))
    origin = Str(max=20, validate=ma.validate.OneOf(ORIGINS))


class AttributePatchSchema(AttributeFieldsSchema):
    label = ma.fields.Nested(LabelSchema)
    type = Str(max=20, validate=ma.validate.OneOf(VALUE_TYPES))
    renamed_choices = ma.fields.Dict(
        keys=Str(max=200, min=1),
        values=Str(max=200, min=1),
        validate=ma.validate.Length(max=500),
        metadata={
            "description": "Choices by the name they have, with the name they get; customers keep them. Two "
            "that get the same name become one"
        },
    )


class AttributeSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    key = ma.fields.String(required=True)
    label = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    scope = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    required = ma.fields.Nested(RequiredSchema, required=True)
    pattern = ma.fields.String(required=True, allow_none=True)
    pattern_hint = ma.fields.String(required=True, allow_none=True)
    choices = ma.fields.List(ma.fields.String(), required=True)
    help = ma.fields.String(required=True)
    position = Integer(required=True)
    origin = ma.fields.String(required=True)
    version = Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class UsesSchema(ma.Schema):
    count = Integer(
        required=True,
        metadata={"description": "Customers, bookings or history entries that have a value"},
    )
    by = ma.fields.List(
        ma.fields.Nested(UseSchema),
        required=True,
        metadata={"description": "Selections and forms that name it"},
    )


class AttributeWithUsesSchema(AttributeSchema):
    uses = ma.fields.Nested(UsesSchema, required=True)


class AttributeArgs(PageArgs):
    scope = Str(max=20, validate=ma.validate.OneOf(SCOPES))


class RemoveArgs(Schema):
    confirm = Boolean(
        load_default=False,
        metadata={
            "description": "Delete customers' values as well; bookings and history entries keep theirs"
        },
    )
