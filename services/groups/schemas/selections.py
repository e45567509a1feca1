"""Selections in and out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.web import PageArgs

SORTS = ("name", "number", "registered_at")
_OBJECT = Text(
    'A filter is an object such as {"group": "Stammkunden"}.',
    de='Ein Filter ist ein Objekt wie {"group": "Stammkunden"}.',
)  # fmt: skip
FILTER = {
    "type": "object",
    "description": "`all` or `any` (lists of filters), `not` (a filter), or one condition: `group` (id or "
    "path, `include_subgroups`, member `since` and `until`), `field` or `attribute` with `op` and `value`, "
    "`opt_in`, `active`, `history`, `activity` or `mail` with `count`, `selection` (the id of a saved one). "
    "Active customers only, unless it speaks of `active`.",
}


class FilterField(ma.fields.Field[Any]):
    """A filter. What it says is looked at where it is used: only there groups and attributes are known."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ma.ValidationError(_OBJECT)
        return value


class QuerySchema(Schema):
    filter = FilterField(load_default=None, allow_none=True, metadata=FILTER)
    sort = ma.fields.String(
        load_default="name",
        validate=ma.validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]),
    )
    limit = Integer(load_default=50, validate=ma.validate.Range(1, 500))
    cursor = Str(max=2000, load_default=None, allow_none=True)


class SelectedArgs(PageArgs):
    sort = ma.fields.String(
        load_default="name",
        validate=ma.validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]),
    )


class SummarySchema(ma.Schema):
    """A customer as a list shows them."""

    id = ma.fields.UUID(required=True, attribute="customer_id")
    number = Integer(required=True, allow_none=True)
    active = ma.fields.Boolean(required=True)
    salutation = ma.fields.String(required=True, allow_none=True)
    title = ma.fields.String(required=True, allow_none=True)
    first_name = ma.fields.String(required=True, allow_none=True)
    last_name = ma.fields.String(required=True, allow_none=True)
    company = ma.fields.String(required=True, allow_none=True)
    email = ma.fields.String(required=True, allow_none=True)
    phone = ma.fields.String(required=True, allow_none=True)
    mobile = ma.fields.String(required=True, allow_none=True)
    city = ma.fields.String(required=True, allow_none=True)
    sources = ma.fields.List(ma.fields.String(), required=True)
    registered_at = Moment(required=True, allow_none=True)
    opt_in = ma.fields.String(required=True)
    opt_in_confirmed_at = Moment(required=True, allow_none=True)


class SelectionCreateSchema(Schema):
    name = Str(max=100, min=1, required=True)
    description = Str(max=2000, lines=True, load_default="")
    filter = FilterField(required=True, metadata=FILTER)


class SelectionPatchSchema(Schema):
    name = Str(max=100, min=1)
    description = Str(max=2000, lines=True)
    filter = FilterField(metadata=FILTER)


class ConfirmArgs(Schema):
    confirm = Boolean(
        load_default=False,
        metadata={"description": "Pass over what has been reported to rely on it"},
    )


class UseSchema(ma.Schema):
    kind = ma.fields.String(required=True)
    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class SavedSelectionSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    filter = ma.fields.Dict(required=True)
    version = Integer(required=True)
    created_by = ma.fields.String(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class SelectionDetailSchema(SavedSelectionSchema):
    uses = ma.fields.List(ma.fields.Nested(UseSchema), required=True)
    problems = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={
            "description": "By place: what has gone since it was saved, and is true of nobody"
        },
    )


class ReportedUseSchema(Schema):
    name = Str(max=200, min=1, required=True)
