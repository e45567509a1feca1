"""What an import would set off, as a preview shows it."""

from __future__ import annotations

import marshmallow as ma


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
