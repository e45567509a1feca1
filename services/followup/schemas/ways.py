"""Who goes through which sequence, and every mail."""

from __future__ import annotations

import marshmallow as ma

from services.followup.schemas.common import one_of
from shared.fields import Moment
from shared.web import PageArgs


class EnrolmentArgs(PageArgs):
    sequence_id = ma.fields.UUID()
    customer_id = ma.fields.UUID()
    state = ma.fields.String(
        validate=one_of("waiting_for_consent", "active", "paused", "completed", "stopped")
    )


class PersonSchema(ma.Schema):
    """Who a customer is, as far as is known here."""

    number = ma.fields.Integer(allow_none=True)
    first_name = ma.fields.String(allow_none=True)
    last_name = ma.fields.String(allow_none=True)
    company = ma.fields.String(allow_none=True)
    email = ma.fields.String(allow_none=True)
    active = ma.fields.Boolean()


class EnrolmentSchema(ma.Schema):
    id = ma.fields.UUID()
    sequence_id = ma.fields.UUID()
    sequence_name = ma.fields.String()
    customer_id = ma.fields.UUID()
    entered_as = ma.fields.UUID(allow_none=True)
    customer = ma.fields.Nested(PersonSchema, allow_none=True)
    group_id = ma.fields.UUID(allow_none=True)
    run = ma.fields.Integer()
    state = ma.fields.String()
    reason = ma.fields.String(allow_none=True)
    entered_at = Moment()
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class PlannedStepSchema(ma.Schema):
    """One step of a customer's way: its date, its state, and the fact that decides."""

    key = ma.fields.String()
    subject = ma.fields.String()
    at = Moment(allow_none=True)
    state = ma.fields.String()
    reason = ma.fields.String(allow_none=True)
    mail_id = ma.fields.UUID(allow_none=True)


class PlanSchema(ma.Schema):
    enrolment_id = ma.fields.UUID()
    state = ma.fields.String()
    reason = ma.fields.String(allow_none=True)
    steps = ma.fields.List(ma.fields.Nested(PlannedStepSchema))


class MailArgs(PageArgs):
    customer_id = ma.fields.UUID()
    sequence_id = ma.fields.UUID()
    mailing_id = ma.fields.UUID()
    state = ma.fields.String(
        validate=one_of("due", "sending", "sent", "uncertain", "failed", "bounced", "skipped")
    )


class MailSchema(ma.Schema):
    id = ma.fields.UUID()
    customer_id = ma.fields.UUID()
    entered_as = ma.fields.UUID(allow_none=True)
    customer = ma.fields.Nested(PersonSchema, allow_none=True)
    purpose = ma.fields.String()
    sequence_id = ma.fields.UUID(allow_none=True)
    mailing_id = ma.fields.UUID(dump_default=None, allow_none=True)
    enrolment_id = ma.fields.UUID(allow_none=True)
    step = ma.fields.String(attribute="step_key", allow_none=True)
    state = ma.fields.String()
    reason = ma.fields.String(allow_none=True)
    subject = ma.fields.String(allow_none=True)
    message_id = ma.fields.String(allow_none=True)
    attempts = ma.fields.Integer()
    planned_at = Moment()
    due_at = Moment(allow_none=True)
    created_at = Moment()
    sent_at = Moment(allow_none=True)
