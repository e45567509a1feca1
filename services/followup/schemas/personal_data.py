"""Everything about one person."""

from __future__ import annotations

import marshmallow as ma

from services.followup.schemas.addresses import SuppressionSchema
from services.followup.schemas.ways import EnrolmentSchema, MailSchema, PersonSchema
from shared.fields import Moment


class RecipientSchema(PersonSchema):
    """The copy of the customer that mails are written with."""

    salutation = ma.fields.String(allow_none=True)
    title = ma.fields.String(allow_none=True)
    phone = ma.fields.String(allow_none=True)
    mobile = ma.fields.String(allow_none=True)
    street = ma.fields.String(allow_none=True)
    postal_code = ma.fields.String(allow_none=True)
    city = ma.fields.String(allow_none=True)
    country = ma.fields.String(allow_none=True)
    birthday = ma.fields.String(allow_none=True)
    language = ma.fields.String(allow_none=True)
    version = ma.fields.Integer()
    erased_at = Moment(allow_none=True)
    merged_into = ma.fields.UUID(allow_none=True)


class ConsentSchema(ma.Schema):
    state = ma.fields.String()
    at = Moment(allow_none=True)


class MembershipSchema(ma.Schema):
    group_id = ma.fields.UUID()
    member = ma.fields.Boolean()
    changed_at = Moment()


class TopicChoiceSchema(ma.Schema):
    """What the person last said about a topic on the preference page."""

    group_id = ma.fields.UUID()
    chosen = ma.fields.Boolean()
    chosen_at = Moment()


class OwnEnrolmentSchema(EnrolmentSchema):
    class Meta:
        exclude = ("customer",)


class OwnMailSchema(MailSchema):
    class Meta:
        exclude = ("customer",)


class InvitationSchema(ma.Schema):
    """A request for consent."""

    id = ma.fields.UUID()
    customer_id = ma.fields.UUID()
    entered_as = ma.fields.UUID(allow_none=True)
    email = ma.fields.String(allow_none=True)
    wording = ma.fields.String()
    form = ma.fields.String(allow_none=True)
    requested_at = Moment()
    accepted_at = Moment(allow_none=True)
    remote_address = ma.fields.String(allow_none=True)
    message_id = ma.fields.String(allow_none=True)


class PersonalDataSchema(ma.Schema):
    customer_id = ma.fields.UUID()
    recipient = ma.fields.Nested(RecipientSchema, allow_none=True)
    consent = ma.fields.Nested(ConsentSchema, allow_none=True)
    attributes = ma.fields.Dict()
    memberships = ma.fields.List(ma.fields.Nested(MembershipSchema))
    topic_choices = ma.fields.List(ma.fields.Nested(TopicChoiceSchema))
    enrolments = ma.fields.List(ma.fields.Nested(OwnEnrolmentSchema))
    mails = ma.fields.List(ma.fields.Nested(OwnMailSchema))
    invitations = ma.fields.List(ma.fields.Nested(InvitationSchema))
    suppressions = ma.fields.List(ma.fields.Nested(SuppressionSchema))
