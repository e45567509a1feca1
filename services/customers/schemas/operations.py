"""Acts on many customers, merges, and receipts of erasures."""

from __future__ import annotations

import marshmallow as ma

from services.customers.schemas.customers import CustomerSchema
from shared.fields import Boolean, Schema, Str
from shared.web import PageArgs, page_of

KINDS = ("deactivate", "deactivate_without_opt_in", "history_batch", "merge", "reactivate")
STATES = ("selecting", "counted", "running", "finished", "failed", "undoing", "undone")
MOST_MERGED = 50


class OperationArgs(PageArgs):
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


class OperationSchema(ma.Schema):
    """An act on many customers, or a merge. `done` of `count` customers are through, `changed` of them were
    changed; `kept` were left as they are when it was taken back, because somebody has changed them since.

    `selecting`: it waits to hear whom its selection means, and has no `count` before; `counted`: it was a dry
    run of that."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    count = ma.fields.Integer(required=True, allow_none=True)
    done = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    kept = ma.fields.Integer(required=True)
    request = ma.fields.Dict(keys=ma.fields.String(), required=True)
    failure = ma.fields.String(allow_none=True, required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    finished_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    undone_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    undone_by = ma.fields.String(allow_none=True, required=True)


class MergedPairSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    merged_id = ma.fields.UUID(required=True)


class OperationDetailSchema(OperationSchema):
    """With who was merged into whom, if it is a merge."""

    merges = ma.fields.List(ma.fields.Nested(MergedPairSchema), required=True)


OperationPageSchema = page_of(OperationSchema)


class DryRunSchema(Schema):
    dry_run = Boolean(load_default=False)


class BegunSchema(ma.Schema):
    """How many customers it concerns. `operation_id` is null for a dry run.

    With a filter or a saved selection `count` is null: the operation tells it as soon as it is known, also
    that of a dry run."""

    count = ma.fields.Integer(required=True, allow_none=True)
    operation_id = ma.fields.UUID(allow_none=True, required=True)


class MergeSchema(Schema):
    """Who is to become part of the customer, and by field whose value stays."""

    duplicates = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(1, MOST_MERGED)
    )
    choose = ma.fields.Dict(
        keys=Str(max=200),
        values=ma.fields.UUID(),
        load_default=dict,
        metadata={
            "description": "field → id; attribute:<key> → id. Fields not named stay as the customer has "
            "them; what it lacks is taken from the first of the duplicates that has it"
        },
    )
    dry_run = Boolean(load_default=False)


class MergedSchema(ma.Schema):
    """A merge as it was done, or would be: `customer` is what comes of it."""

    operation_id = ma.fields.UUID(allow_none=True, required=True)
    customer_id = ma.fields.UUID(required=True)
    number = ma.fields.Integer(required=True)
    merged = ma.fields.List(ma.fields.Dict(), required=True)
    customer = ma.fields.Nested(CustomerSchema, required=True)


class MergesSchema(ma.Schema):
    """`remaining`: there are more; ask again."""

    merges = ma.fields.List(ma.fields.Nested(MergedSchema), required=True)
    remaining = ma.fields.Boolean(required=True)


class ErasureSchema(ma.Schema):
    """When each service had let go of the person. `completed_at` is null until the last of them has."""

    customer_id = ma.fields.UUID(required=True)
    number = ma.fields.Integer(required=True)
    requested_at = ma.fields.AwareDateTime(required=True)
    requested_by = ma.fields.String(required=True)
    services = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.AwareDateTime(), required=True
    )
    completed_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class PersonalDataSchema(ma.Schema):
    """Everything about a person, with the ids under which the other services know it."""

    ids = ma.fields.List(ma.fields.UUID(), required=True)
    number = ma.fields.Integer(required=True)
    customers = ma.fields.List(ma.fields.Dict(), required=True)
    consent = ma.fields.List(ma.fields.Dict(), required=True)
    activities = ma.fields.List(ma.fields.Dict(), required=True)
    history = ma.fields.List(ma.fields.Dict(), required=True)
    groups = ma.fields.List(ma.fields.Dict(), required=True)
