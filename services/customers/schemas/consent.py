"""Permission to write newsletters, and the ledger behind it."""

from __future__ import annotations

import marshmallow as ma

from services.customers.schemas.customers import OptInSchema
from shared.fields import Schema, Str


class OptInActSchema(Schema):
    """Ask for permission (sends an invitation), note that it was given, or that it was withdrawn."""

    action = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("request", "confirm", "revoke"))
    )
    evidence = Str(
        max=2000,
        lines=True,
        allow_none=True,
        load_default=None,
        metadata={"description": "how it was said; needed to confirm"},
    )
    wording = Str(max=2000, lines=True, allow_none=True, load_default=None)
    form = Str(max=200, allow_none=True, load_default=None)


class LedgerEntrySchema(ma.Schema):
    """Something that was said about newsletters. `effective`: it changed the state."""

    id = ma.fields.UUID(required=True)
    action = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("requested", "confirmed", "revoked", "undone"))
    )
    way = ma.fields.String(required=True)
    occurred_at = ma.fields.AwareDateTime(required=True)
    recorded_at = ma.fields.AwareDateTime(required=True)
    effective = ma.fields.Boolean(required=True)
    wording = ma.fields.String(allow_none=True, required=True)
    wording_version = ma.fields.String(allow_none=True, required=True)
    form = ma.fields.String(allow_none=True, required=True)
    evidence = ma.fields.String(allow_none=True, required=True)
    by = ma.fields.String(allow_none=True, required=True)
    email = ma.fields.String(allow_none=True, required=True)
    message_id = ma.fields.String(allow_none=True, required=True)
    remote_address = ma.fields.String(allow_none=True, required=True)


class ConsentSchema(OptInSchema):
    """The state with its whole history, oldest first."""

    ledger = ma.fields.List(ma.fields.Nested(LedgerEntrySchema), required=True)
