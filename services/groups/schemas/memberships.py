"""Memberships in and out."""

from __future__ import annotations

from typing import get_args

import marshmallow as ma

from shared.events.groups import StartSequences
from shared.fields import Integer, Moment, Schema, Str
from shared.web import PageArgs

MOST_CUSTOMERS = 5_000


class TellingArgs(Schema):
    """What may be said about a change of memberships."""

    source = Str(max=100, min=1)
    reference = Str(max=200, allow_none=True)
    start_sequences = Str(
        max=10, load_default="yes", validate=ma.validate.OneOf(get_args(StartSequences))
    )


class AddMembersSchema(TellingArgs):
    customer_ids = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(max=MOST_CUSTOMERS)
    )


class AddedSchema(ma.Schema):
    added = Integer(required=True)
    already = Integer(required=True)
    erased = Integer(
        required=True, metadata={"description": "Customers that were erased, and so not added"}
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


class MembershipSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    group_id = ma.fields.UUID(required=True)
    group_path = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "null: the group was deleted"}
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
