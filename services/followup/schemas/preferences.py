"""Which topics somebody wants to hear of."""

from __future__ import annotations

import marshmallow as ma

from shared.fields import Boolean, Schema

_MOST = ma.validate.Length(max=5_000)


class ChoiceSchema(Schema):
    """What is named neither as chosen nor as declined stays as it is."""

    chosen = ma.fields.List(ma.fields.UUID(), load_default=list, validate=_MOST)
    declined = ma.fields.List(ma.fields.UUID(), load_default=list, validate=_MOST)
    no_newsletters = Boolean(
        load_default=False,
        metadata={"description": "Unsubscribe from all newsletters; false changes nothing"},
    )


class TopicSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    path = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    level = ma.fields.Integer(
        required=True, metadata={"description": "How many topics stand above it"}
    )
    chosen = ma.fields.Boolean(required=True)


class PublicPreferencesSchema(ma.Schema):
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(("asking", "saved")))
    business = ma.fields.String(required=True)
    topics = ma.fields.List(ma.fields.Nested(TopicSchema), required=True)
    no_newsletters = ma.fields.Boolean(required=True)


class PreferencesSchema(ma.Schema):
    customer_id = ma.fields.UUID(
        required=True, metadata={"description": "The survivor, if the customer was merged"}
    )
    url = ma.fields.String(
        required=True, metadata={"description": "The page on which the customer chooses"}
    )
    topics = ma.fields.List(ma.fields.Nested(TopicSchema), required=True)
    no_newsletters = ma.fields.Boolean(required=True)
