"""Addresses that get no mail, what a mail looks like, and what its links lead to."""

from __future__ import annotations

import marshmallow as ma

from services.followup.schemas.common import mail_address, one_of
from shared.fields import Moment, Schema, Str
from shared.web import PageArgs


class SuppressionCreateSchema(Schema):
    email = Str(required=True, max=254, validate=mail_address)
    note = Str(max=500, allow_none=True)


class SuppressionArgs(PageArgs):
    email = Str(max=254)
    reason = Str(max=20)


class SuppressionSchema(ma.Schema):
    """No address: only its keyed hash is kept."""

    id = ma.fields.UUID()
    reason = ma.fields.String()
    note = ma.fields.String(allow_none=True)
    created_at = Moment()
    created_by = ma.fields.String(allow_none=True)


class PreviewRequestSchema(Schema):
    subject = Str(required=True, max=500)
    html = Str(max=200_000, lines=True, allow_none=True, load_default=None)
    text = Str(max=200_000, lines=True, allow_none=True, load_default=None)
    customer_id = ma.fields.UUID(load_default=None, allow_none=True)
    purpose = ma.fields.String(load_default="newsletter", validate=one_of("newsletter", "service"))


class PreviewSchema(ma.Schema):
    subject = ma.fields.String(allow_none=True)
    html = ma.fields.String(allow_none=True)
    text = ma.fields.String(allow_none=True)
    problems = ma.fields.List(ma.fields.String())


class PublicStateSchema(ma.Schema):
    state = ma.fields.String()
    business = ma.fields.String()
    wording = ma.fields.String(allow_none=True)
