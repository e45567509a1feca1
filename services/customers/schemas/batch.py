"""What a batch looks like. `lines` reads it: this describes it for the OpenAPI document."""

from __future__ import annotations

import marshmallow as ma

from services.customers import fields, lines
from services.customers.schemas.customers import CustomerPatchSchema


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
