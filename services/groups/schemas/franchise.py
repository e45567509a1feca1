"""What the head office gives out, and what became of it."""

from __future__ import annotations

import marshmallow as ma

from services.groups.rules import attribute_key, group_name
from services.groups.schemas.attributes import SCOPES, AttributeFieldsSchema, LabelSchema
from services.groups.schemas.groups import GroupFieldsSchema, Ruled
from shared.errors import Text
from shared.fields import Boolean, Schema, Str
from shared.values import VALUE_TYPES

MOST_GROUPS = 1_000
MOST_ATTRIBUTES = 300
DEEPEST = 32
STATUSES = ("created", "updated", "unchanged", "adopted", "removed", "kept", "conflict")

_DEEP = Text("has more than {limit} levels", de="hat mehr als {limit} Ebenen")


def _path(raw: str) -> str:
    levels = [group_name(level) for level in raw.split("/")]
    if len(levels) > DEEPEST:
        raise ma.ValidationError(_DEEP.fill(limit=DEEPEST))
    return "/".join(levels)


class FranchiseGroupSchema(GroupFieldsSchema):
    """A group of the head office. What is left out stays as it is in the branch."""

    path = Ruled(_path, max=2_000, required=True, metadata={"example": "Reisen/Griechenland"})
    key = Str(
        max=100,
        min=1,
        metadata={"description": "The head office's own key: with it a new path renames and moves"},
    )


class FranchiseAttributeSchema(AttributeFieldsSchema):
    """An attribute of the head office. What is left out stays as it is in the branch."""

    key = Ruled(attribute_key, max=63, required=True)
    label = ma.fields.Nested(LabelSchema, required=True)
    scope = Str(max=20, load_default="customer", validate=ma.validate.OneOf(SCOPES))
    type = Str(max=20, required=True, validate=ma.validate.OneOf(VALUE_TYPES))


class FranchiseSchema(Schema):
    groups = ma.fields.List(
        ma.fields.Nested(FranchiseGroupSchema), validate=ma.validate.Length(max=MOST_GROUPS)
    )
    attributes = ma.fields.List(
        ma.fields.Nested(FranchiseAttributeSchema), validate=ma.validate.Length(max=MOST_ATTRIBUTES)
    )
    prune = Boolean(
        load_default=False,
        metadata={
            "description": "Remove what is the head office's and not named here; groups or attributes only "
            "if any are named"
        },
    )
    remove_members = Boolean(
        load_default=False,
        metadata={"description": "Let prune also remove what has members or values"},
    )
    adopt = Boolean(
        load_default=False,
        metadata={"description": "Take over the branch's own of the same path or key"},
    )
    dry_run = Boolean(load_default=False)


class DoneSchema(ma.Schema):
    status = ma.fields.String(required=True, validate=ma.validate.OneOf(STATUSES))
    name = ma.fields.String(required=True, metadata={"description": "A group's path, else the key"})
    key = ma.fields.String(required=True, allow_none=True)
    id = ma.fields.UUID(required=True, allow_none=True)
    problem = ma.fields.String(required=True, allow_none=True)


class FranchiseDoneSchema(ma.Schema):
    dry_run = ma.fields.Boolean(required=True)
    groups = ma.fields.List(ma.fields.Nested(DoneSchema), required=True)
    attributes = ma.fields.List(ma.fields.Nested(DoneSchema), required=True)
