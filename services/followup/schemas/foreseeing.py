"""People who would come into groups, and what would start by it."""

from __future__ import annotations

import marshmallow as ma

from services.followup.schemas.common import one_of
from shared.fields import Boolean, Schema, Str

MOST_ROWS = 5_000
MOST_GROUPS = 2_000


class NewcomerSchema(Schema):
    """Somebody as they would be. What is left out stays as it is; whoever has no `customer_id` is new."""

    customer_id = ma.fields.UUID(allow_none=True)
    email = Str(max=320, allow_none=True)
    active = Boolean(allow_none=True)
    opt_in = ma.fields.String(allow_none=True, validate=one_of("confirmed"))
    groups = ma.fields.List(
        Str(min=1, max=1_000),
        required=True,
        validate=ma.validate.Length(max=MOST_GROUPS),
        metadata={"description": "paths or ids; who is in one already does not join it"},
    )


class ForeseeSchema(Schema):
    rows = ma.fields.List(
        ma.fields.Nested(NewcomerSchema),
        required=True,
        validate=ma.validate.Length(max=MOST_ROWS),
        metadata={"description": "each person once"},
    )
    create_missing = Boolean(
        load_default=True,
        metadata={"description": "false: a path that does not exist is no group to join"},
    )


class OutlookSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    would_join = ma.fields.Integer(required=True)
    would_start = ma.fields.Integer(required=True)
    waiting_for_consent = ma.fields.Integer(required=True)
    would_go_on = ma.fields.Integer(required=True)
    blocked = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        required=True,
        metadata={
            "description": "by reason: excluded_group, already_in, been_through, inactive, no_address, "
            "opted_out, unsubscribed, complained, manual, bounced, erased_before, erased"
        },
    )


class ForecastSchema(ma.Schema):
    """`would_join` and `would_start` count persons; each sequence counts for itself."""

    would_join = ma.fields.Integer(required=True)
    would_start = ma.fields.Integer(required=True)
    sequences = ma.fields.List(ma.fields.Nested(OutlookSchema), required=True)
