"""What a batch looks like. `lines` reads it: this describes it for the OpenAPI document."""

from __future__ import annotations

import marshmallow as ma

from services.customers import fields, lines
from services.customers.schemas.customers import CustomerPatchSchema
from shared.fields import Schema


class PermissionSchema(ma.Schema):
    """A permission given elsewhere. It is never taken over a withdrawal."""

    confirmed_at = ma.fields.AwareDateTime(required=True)
    evidence = ma.fields.String(required=True)


class RowSchema(CustomerPatchSchema):
    """A customer to create or change. An id that nobody has is the new customer's: repeating it is safe."""

    ref = ma.fields.Raw(metadata={"type": ["string", "integer", "null"]})
    id = ma.fields.UUID(allow_none=True)
    number = ma.fields.Integer(allow_none=True)
    version = ma.fields.Integer(allow_none=True)
    opt_in = ma.fields.Nested(PermissionSchema, allow_none=True)


class BatchSchema(ma.Schema):
    """Up to 5,000 customers."""

    rows = ma.fields.List(
        ma.fields.Nested(RowSchema),
        required=True,
        validate=ma.validate.Length(max=lines.MOST_ROWS),
    )
    match_on = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(lines.KEYS)), load_default=list(lines.KEYS)
    )
    mode = ma.fields.String(validate=ma.validate.OneOf(lines.MODES), load_default="upsert")
    source = ma.fields.String(validate=ma.validate.OneOf(fields.SOURCES), load_default="api")
    dry_run = ma.fields.Boolean(load_default=False)
    on_stale = ma.fields.String(
        validate=ma.validate.OneOf(lines.STALE),
        load_default="refuse",
        metadata={
            "description": "a row with an older version than the customer's: refuse it, or merge: take what "
            "was edited in the row alone, keep what was changed here alone, refuse what was changed on both"
        },
    )
    reference = ma.fields.UUID(
        allow_none=True, metadata={"description": "the import, by which it can be taken back"}
    )


class RowResultSchema(ma.Schema):
    """What became of a row. For a conflict, id, number and version are those of the customer as stored."""

    ref = ma.fields.Raw(metadata={"type": ["string", "integer"]}, required=True)
    status = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("created", "updated", "unchanged", "conflict", "invalid")),
    )
    id = ma.fields.UUID(allow_none=True, required=True)
    number = ma.fields.Integer(allow_none=True, required=True)
    version = ma.fields.Integer(allow_none=True, required=True)
    errors = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()), required=True
    )
    warnings = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()))


class BatchAnswerSchema(ma.Schema):
    """One result for each row, in their order."""

    results = ma.fields.List(ma.fields.Nested(RowResultSchema), required=True)


class UndoSchema(Schema):
    """An import, and up to 5,000 of the customers that it was about."""

    reference = ma.fields.UUID(required=True)
    customer_ids = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(max=lines.MOST_ROWS)
    )


class UndoneSchema(ma.Schema):
    """What became of a customer. `kept`: fields that stay because they were changed again since."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.Integer(required=True, allow_none=True)
    status = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("removed", "restored", "unchanged", "kept")),
    )
    reason = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "why the customer was kept"}
    )
    kept = ma.fields.List(ma.fields.String(), required=True)


class UndoAnswerSchema(ma.Schema):
    """One result for each customer, in the order given."""

    results = ma.fields.List(ma.fields.Nested(UndoneSchema), required=True)
