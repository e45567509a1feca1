"""Memberships in and out."""

from __future__ import annotations

from typing import Any, get_args

import marshmallow as ma

from services.groups.errors import FILTER_OR_SAVED, IDS_OR_SELECTION
from services.groups.schemas.selections import FILTER, FilterField
from shared.events.groups import StartSequences
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.web import PageArgs

MOST_CUSTOMERS = 5_000


class TellingArgs(Schema):
    """What may be said about a change of memberships."""

    source = Str(max=100, min=1)
    reference = Str(max=200, allow_none=True)
    start_sequences = Str(
        max=10, load_default="yes", validate=ma.validate.OneOf(get_args(StartSequences))
    )


class WhomSchema(Schema):
    """A saved selection, or a filter as POST /selections/query takes it."""

    selection_id = ma.fields.UUID()
    filter = FilterField(metadata=FILTER)

    @ma.validates_schema
    def _one_of_both(self, values: dict[str, Any], **_kwargs: Any) -> None:
        if len(values) != 1:
            raise ma.ValidationError(FILTER_OR_SAVED)


class ManyMembersSchema(TellingArgs):
    """The customers named, or those that a selection finds."""

    customer_ids = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(max=MOST_CUSTOMERS))
    selection = ma.fields.Nested(WhomSchema)
    dry_run = Boolean(load_default=False, metadata={"description": "Only count"})

    @ma.validates_schema
    def _one_way(self, values: dict[str, Any], **_kwargs: Any) -> None:
        if ("customer_ids" in values) == ("selection" in values):
            raise ma.ValidationError(IDS_OR_SELECTION, "customer_ids")


class AddedSchema(ma.Schema):
    """`added`, `already` and `erased` of customers that were named; `count` of a selection, with the
    operation that adds them; `count`, `would_add` and `already` of a dry run."""

    added = Integer()
    already = Integer(metadata={"description": "Customers who were members before"})
    erased = Integer(metadata={"description": "Customers that were erased, and so not added"})
    count = Integer(metadata={"description": "Customers that the selection means"})
    would_add = Integer()
    operation_id = ma.fields.UUID(
        allow_none=True, metadata={"description": "See GET /groups/operations/{id}"}
    )


class RemovedSchema(ma.Schema):
    """`count`: those of the customers who are members, and are to be taken out."""

    count = Integer(required=True)
    operation_id = ma.fields.UUID(
        required=True, allow_none=True, metadata={"description": "null: only counted"}
    )


class ContactSchema(ma.Schema):
    number = Integer(allow_none=True)
    first_name = ma.fields.String(allow_none=True)
    last_name = ma.fields.String(allow_none=True)
    company = ma.fields.String(allow_none=True)
    email = ma.fields.String(allow_none=True)
    active = ma.fields.Boolean()


class MemberSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    group_id = ma.fields.UUID(
        required=True, metadata={"description": "The group, or the one below it where they are"}
    )
    since = Moment(required=True)
    by = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    reference = ma.fields.String(required=True, allow_none=True)
    customer = ma.fields.Nested(
        ContactSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What is known of the customer; null for one not heard of yet"},
    )


class MemberArgs(PageArgs):
    include_subgroups = Boolean(
        load_default=False,
        metadata={"description": "Also who is in a group below; everybody once"},
    )
    at = Moment(metadata={"description": "Who was a member at this moment"})


class MembershipSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    group_id = ma.fields.UUID(required=True)
    group_path = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "null: the group was deleted"}
    )
    group_origin = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "local, or franchise: the head office's. null: it was deleted"},
    )
    since = Moment(required=True)
    by = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    reference = ma.fields.String(required=True, allow_none=True)
    until = Moment(required=True, allow_none=True)
    ended_by = ma.fields.String(required=True, allow_none=True)
    ended_source = ma.fields.String(required=True, allow_none=True)


class MembershipArgs(PageArgs):
    customer_id = ma.fields.UUID()
    group_id = ma.fields.UUID()
    at = Moment(metadata={"description": "Only what was so at this moment"})
