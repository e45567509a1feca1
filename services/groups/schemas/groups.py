"""Groups in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
from marshmallow import ValidationError

from services.groups.rules import group_name
from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.values import ValueRefused
from shared.web import PageArgs

SOURCES = ("manual", "import", "booking", "online_order", "pos", "voucher", "web_form", "api")
ORIGINS = ("local", "franchise")

_COLOUR = Text(
    "is not a colour such as #ff8800 or orange", de="ist keine Farbe wie #ff8800 oder orange"
)
_PARENT = Text("is neither an id nor 'root'", de="ist weder eine Kennung noch 'root'")


class Ruled(Str):
    """Text that one of this service's rules reads or refuses."""

    def __init__(self, rule: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = rule

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return self.rule(text)
        except ValueRefused as refused:
            raise ValidationError(refused.text) from None


class GroupFieldsSchema(Schema):
    """What can be said about a group when it is created and later."""

    description = Str(max=2000, lines=True)
    colour = Str(
        max=30,
        allow_none=True,
        validate=ma.validate.Regexp(
            r"(?:#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|[a-z][a-z-]*)\Z", error=_COLOUR
        ),
    )
    topic = Boolean(metadata={"description": "A newsletter topic that customers may choose"})
    default_for = ma.fields.List(
        Str(max=30, validate=ma.validate.OneOf(SOURCES)),
        validate=ma.validate.Length(max=len(SOURCES)),
        metadata={"description": "Sources whose customers are put into this group"},
    )

    @ma.post_load
    def sort_sources(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if "default_for" in data:
            data["default_for"] = sorted(set(data["default_for"]))
        return data


class GroupCreateSchema(GroupFieldsSchema):
    name = Ruled(group_name, max=100, required=True)
    parent_id = ma.fields.UUID(allow_none=True)
    origin = Str(max=20, validate=ma.validate.OneOf(ORIGINS))


class GroupPatchSchema(GroupFieldsSchema):
    name = Ruled(group_name, max=100)
    parent_id = ma.fields.UUID(allow_none=True)


class GroupSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    parent_id = ma.fields.UUID(required=True, allow_none=True)
    path = ma.fields.String(required=True)
    ancestor_ids = ma.fields.List(
        ma.fields.UUID(), metadata={"description": "From the parent up to the root"}
    )
    description = ma.fields.String(required=True)
    colour = ma.fields.String(required=True, allow_none=True)
    topic = ma.fields.Boolean(required=True)
    default_for = ma.fields.List(ma.fields.String(), required=True)
    origin = ma.fields.String(required=True)
    member_count = Integer(required=True)
    member_count_with_subgroups = Integer(
        required=True, metadata={"description": "Different customers in it and in groups below"}
    )
    child_count = Integer(required=True)
    descendant_count = Integer(required=True)
    version = Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class GroupArgs(PageArgs):
    q = Str(max=200, metadata={"description": "Part of the path"})
    parent_id = Str(max=36, metadata={"description": "An id, or 'root'"})
    path = Str(max=2000, metadata={"description": "The whole path, without case"})
    topic = Boolean()

    @ma.validates("parent_id")
    def _is_parent(self, value: str, **_kwargs: Any) -> None:
        if value != "root":
            try:
                UUID(value)
            except ValueError:
                raise ValidationError(_PARENT) from None


class DeleteArgs(Schema):
    cascade = Boolean(
        load_default=False,
        metadata={"description": "Delete its members' memberships and the groups below as well"},
    )
