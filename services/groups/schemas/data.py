"""What is known of a person, out."""

from __future__ import annotations

import marshmallow as ma

from services.groups.schemas.memberships import MembershipSchema
from shared.fields import Integer, Moment


class KnownContactSchema(ma.Schema):
    version = Integer(required=True)
    active = ma.fields.Boolean(required=True)
    erased_at = Moment(required=True, allow_none=True)
    number = Integer(required=True, allow_none=True)
    registered_at = Moment(required=True, allow_none=True)
    salutation = ma.fields.String(required=True, allow_none=True)
    title = ma.fields.String(required=True, allow_none=True)
    first_name = ma.fields.String(required=True, allow_none=True)
    last_name = ma.fields.String(required=True, allow_none=True)
    company = ma.fields.String(required=True, allow_none=True)
    email = ma.fields.String(required=True, allow_none=True)
    phone = ma.fields.String(required=True, allow_none=True)
    mobile = ma.fields.String(required=True, allow_none=True)
    street = ma.fields.String(required=True, allow_none=True)
    postal_code = ma.fields.String(required=True, allow_none=True)
    city = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, allow_none=True)
    birthday = ma.fields.Date(required=True, allow_none=True)
    language = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    sources = ma.fields.List(ma.fields.String(), required=True)
    opt_in = ma.fields.String(required=True)
    opt_in_confirmed_at = Moment(required=True, allow_none=True)


class PersonDataSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    contact = ma.fields.Nested(
        KnownContactSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The copy of the customer's master data; null: never heard of"},
    )
    merged_into = ma.fields.UUID(required=True, allow_none=True)
    merged_at = Moment(required=True, allow_none=True)
    memberships = ma.fields.List(
        ma.fields.Nested(MembershipSchema),
        required=True,
        metadata={"description": "Groups now (until: null) and in the past"},
    )
    values = ma.fields.Dict(
        keys=ma.fields.String(),
        required=True,
        metadata={"description": "Values of attributes by key, in canonical form"},
    )
