"""What is known of a person, out."""

from __future__ import annotations

import marshmallow as ma

from services.groups.schemas.forms import SubmissionSchema
from services.groups.schemas.memberships import MembershipSchema
from shared.fields import Integer, Moment

MAIL_STATES = ("sent", "failed", "bounced")


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


class KnownEntrySchema(ma.Schema):
    entry_id = ma.fields.UUID(required=True)
    version = Integer(required=True)
    date = ma.fields.Date(required=True)
    staff = ma.fields.String(required=True, allow_none=True)
    info = ma.fields.String(required=True, allow_none=True)
    action = ma.fields.String(required=True, allow_none=True)
    text = ma.fields.String(required=True, allow_none=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), required=True)


class KnownActivitySchema(ma.Schema):
    activity_id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    occurred_at = Moment(required=True)
    cents = Integer(required=True, allow_none=True, metadata={"description": "The revenue"})
    currency = ma.fields.String(required=True, allow_none=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), required=True)


class KnownMailSchema(ma.Schema):
    mail_id = ma.fields.UUID(required=True)
    sequence_id = ma.fields.UUID(required=True, allow_none=True)
    mailing_id = ma.fields.UUID(required=True, allow_none=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(MAIL_STATES))
    sent_at = Moment(required=True, allow_none=True)
    failed_at = Moment(required=True, allow_none=True)
    bounced_at = Moment(required=True, allow_none=True)


class TopicChoiceSchema(ma.Schema):
    group_id = ma.fields.UUID(required=True)
    chosen = ma.fields.Boolean(required=True)
    chosen_at = Moment(required=True)


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
    topic_choices = ma.fields.List(
        ma.fields.Nested(TopicChoiceSchema),
        required=True,
        metadata={"description": "What the person said about topics on the preference page"},
    )
    history = ma.fields.List(
        ma.fields.Nested(KnownEntrySchema),
        required=True,
        metadata={"description": "The copy of history entries that selections ask"},
    )
    activities = ma.fields.List(
        ma.fields.Nested(KnownActivitySchema),
        required=True,
        metadata={"description": "What happened, as selections ask for it"},
    )
    mails = ma.fields.List(
        ma.fields.Nested(KnownMailSchema),
        required=True,
        metadata={"description": "What became of mails, as selections ask for it"},
    )
    submissions = ma.fields.List(
        ma.fields.Nested(SubmissionSchema),
        required=True,
        metadata={"description": "Sent in by web forms, also what came under the address of late"},
    )
