"""What a preview says: what would become of the rows, and what an import would set off."""

from __future__ import annotations

import marshmallow as ma

from services.importer.schemas.rows import RowProblemSchema


class GroupImpactSchema(ma.Schema):
    group = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    exists = ma.fields.Boolean(required=True)


class StartsSchema(ma.Schema):
    """What becomes of those who would join a start group of this sequence."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    would_join = ma.fields.Integer(required=True)
    would_start = ma.fields.Integer(required=True)
    waiting_for_consent = ma.fields.Integer(required=True)
    would_go_on = ma.fields.Integer(
        required=True, metadata={"description": "had left a start group and paused by that"}
    )
    blocked = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Integer(), required=True,
        metadata={"description": "by reason, such as unsubscribed, inactive, already_in"},
    )  # fmt: skip


class ImpactSchema(ma.Schema):
    groups = ma.fields.List(ma.fields.Nested(GroupImpactSchema), required=True)
    groups_existing = ma.fields.Integer(required=True)
    groups_new = ma.fields.Integer(required=True)
    with_opt_in = ma.fields.Integer(required=True)
    start_sequences = ma.fields.String(required=True, metadata={"description": "as chosen"})
    recommended = ma.fields.String(
        required=True, allow_none=True,
        metadata={"description": "for start_sequences: spread where many would start at once"},
    )  # fmt: skip
    would_join = ma.fields.Integer(
        required=True, allow_none=True,
        metadata={"description": "customers who would join a start group of some sequence"},
    )  # fmt: skip
    would_start = ma.fields.Integer(
        required=True, allow_none=True,
        metadata={"description": "customers for whom a sequence would start at once"},
    )  # fmt: skip
    first_mails = ma.fields.Integer(
        required=True, allow_none=True,
        metadata={"description": "first mails that start_sequences: yes would start"},
    )  # fmt: skip
    sequences = ma.fields.List(
        ma.fields.Nested(StartsSchema), required=True, allow_none=True,
        metadata={"description": "null if the follow-up service does not answer"},
    )  # fmt: skip
    sequences_problem = ma.fields.String(required=True, allow_none=True)


class DateOrderSchema(ma.Schema):
    column = ma.fields.String(required=True)
    order = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["day_first", "month_first", "day_number"])
    )
    chosen = ma.fields.Boolean(
        required=True, metadata={"description": "by hand; else as the column's cells tell"}
    )


class WouldSchema(ma.Schema):
    create = ma.fields.Integer(required=True)
    update = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    invalid = ma.fields.Integer(required=True)
    conflict = ma.fields.Integer(required=True)


class PreviewRowSchema(ma.Schema):
    row = ma.fields.Integer(required=True)
    status = ma.fields.String(required=True)
    customer = ma.fields.Dict(keys=ma.fields.String(), required=True)
    groups = ma.fields.List(ma.fields.String(), required=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), required=True)


class PreviewSchema(ma.Schema):
    would = ma.fields.Nested(WouldSchema, required=True)
    impact = ma.fields.Nested(ImpactSchema, required=True)
    dates = ma.fields.List(ma.fields.Nested(DateOrderSchema), required=True)
    repeated = ma.fields.Integer(
        required=True,
        metadata={
            "description": "rows about somebody whom an earlier row is about: the later one wins"
        },
    )
    rows = ma.fields.List(ma.fields.Nested(PreviewRowSchema), required=True)
    problems = ma.fields.List(ma.fields.Nested(RowProblemSchema), required=True)
    problems_total = ma.fields.Integer(required=True)
    rows_checked = ma.fields.Integer(required=True)
    complete = ma.fields.Boolean(
        required=True,
        metadata={"description": "false: the file is long, and only its first rows were checked"},
    )
