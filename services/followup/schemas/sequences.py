"""What goes in and out over HTTP."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from services.followup.messages.headers import BadAddress, address
from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.web import PageArgs

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_DELAY = {"minutes": 525_600, "hours": 8_760, "days": 3_650, "weeks": 520}

_TIME = Text("is not a time of day such as 09:30", de="ist keine Uhrzeit wie 09:30")
_TOO_LONG = Text("is too long: at most ten years", de="ist zu lang: höchstens zehn Jahre")
_EMPTY = Text("has no day", de="hat keinen Tag")
_NO_MESSAGE = Text("A step needs an html or a text.", de="Ein Schritt braucht HTML oder Text.")


def _time_of_day(value: str) -> None:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValidationError(_TIME)


def _mail_address(value: str) -> None:
    try:
        address(value)
    except BadAddress as error:
        raise ValidationError(error.problem) from None


def _one_of(*choices: str) -> ma.validate.OneOf:
    return ma.validate.OneOf(choices)


class DelaySchema(Schema):
    value = Integer(required=True, validate=ma.validate.Range(min=0))
    unit = ma.fields.String(required=True, validate=_one_of(*LONGEST_DELAY))

    @ma.validates_schema
    def _bounded(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["value"] > LONGEST_DELAY[data["unit"]]:
            raise ValidationError({"value": [_TOO_LONG]})


class StepSchema(Schema):
    """One mail of a sequence."""

    key = Str(max=60, min=1, validate=ma.validate.Regexp(r"[A-Za-z0-9_.-]+\Z"))
    delay = ma.fields.Nested(DelaySchema)
    at = ma.fields.String(allow_none=True, validate=_time_of_day)
    subject = Str(required=True, min=1, max=500)
    html = Str(allow_none=True, max=200_000, lines=True)
    text = Str(allow_none=True, max=200_000, lines=True)

    @ma.validates_schema
    def _has_message(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data.get("html") and not data.get("text"):
            raise ValidationError({"html": [_NO_MESSAGE]})


class WindowSchema(Schema):
    """When mails may go: weekdays and local hours; an end not after the start is on the next day."""

    days = ma.fields.List(ma.fields.String(validate=_one_of(*DAYS)), load_default=list(DAYS))
    from_ = ma.fields.String(data_key="from", load_default="00:00", validate=_time_of_day)
    to = ma.fields.String(load_default="00:00", validate=_time_of_day)

    @ma.validates("days")
    def _some_day(self, value: list[str], **_kwargs: Any) -> None:
        if not value:
            raise ValidationError(_EMPTY)

    @ma.post_load
    def _plain(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {"days": data["days"], "from": data["from_"], "to": data["to"]}


class WindowOutSchema(Schema):
    days = ma.fields.List(ma.fields.String())
    from_ = ma.fields.String(data_key="from", attribute="from")
    to = ma.fields.String()


class SenderSchema(Schema):
    name = Str(max=200)
    address = Str(max=254, validate=_mail_address)
    reply_to = Str(max=254, validate=_mail_address)


class PoliciesSchema(Schema):
    on_leave = ma.fields.String(validate=_one_of("stop", "continue", "pause"))
    on_inactive = ma.fields.String(validate=_one_of("pause", "stop"))
    reentry = ma.fields.String(validate=_one_of("never", "after_leaving", "always"))
    catch_up = ma.fields.String(validate=_one_of("send", "spread", "skip"))


class SequencePatchSchema(Schema):
    name = Str(min=1, max=200)
    purpose = ma.fields.String(validate=_one_of("newsletter", "service"))
    start_groups = ma.fields.List(Str(max=2000, min=1), validate=ma.validate.Length(max=500))
    include_subgroups = Boolean()
    excluding_groups = ma.fields.List(Str(max=2000, min=1), validate=ma.validate.Length(max=500))
    end_group = Str(max=2000, allow_none=True)
    sender = ma.fields.Nested(SenderSchema, allow_none=True)
    window = ma.fields.Nested(WindowSchema, allow_none=True)
    policies = ma.fields.Nested(PoliciesSchema)
    steps = ma.fields.List(ma.fields.Nested(StepSchema), validate=ma.validate.Length(max=100))


class SequenceCreateSchema(SequencePatchSchema):
    name = Str(required=True, min=1, max=200)


class SequenceSchema(ma.Schema):
    """A sequence with its present steps."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    state = ma.fields.String()
    purpose = ma.fields.String()
    start_groups = ma.fields.List(ma.fields.String())
    include_subgroups = ma.fields.Boolean()
    excluding_groups = ma.fields.List(ma.fields.String())
    end_group = ma.fields.UUID(allow_none=True)
    sender = ma.fields.Dict()
    window = ma.fields.Nested(WindowOutSchema, allow_none=True)
    timezone = ma.fields.String()
    policies = ma.fields.Nested(PoliciesSchema)
    steps = ma.fields.List(ma.fields.Dict())
    version = ma.fields.Integer()
    created_at = Moment()
    updated_at = Moment()
    activated_at = Moment(allow_none=True)


class ImpactSchema(ma.Schema):
    members = ma.fields.Integer()
    enrolled = ma.fields.Integer()
    waiting = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    left_out = ma.fields.Integer()


class ActivatedSchema(SequenceSchema):
    impact = ma.fields.Nested(ImpactSchema)


class ActivateSchema(Schema):
    existing_members = ma.fields.String(load_default="ignore", validate=_one_of("ignore", "enrol"))
    dry_run = Boolean(load_default=False)


class SequenceArgs(PageArgs):
    state = ma.fields.String(validate=_one_of("draft", "active", "paused", "archived"))


class EnrolmentArgs(PageArgs):
    sequence_id = ma.fields.UUID()
    customer_id = ma.fields.UUID()
    state = ma.fields.String(
        validate=_one_of("waiting_for_consent", "active", "paused", "completed", "stopped")
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
        validate=_one_of("due", "sending", "sent", "uncertain", "failed", "bounced", "skipped")
    )


class MailSchema(ma.Schema):
    id = ma.fields.UUID()
    customer_id = ma.fields.UUID()
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


class SuppressionCreateSchema(Schema):
    email = Str(required=True, max=254, validate=_mail_address)
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
    purpose = ma.fields.String(load_default="newsletter", validate=_one_of("newsletter", "service"))


class PreviewSchema(ma.Schema):
    subject = ma.fields.String(allow_none=True)
    html = ma.fields.String(allow_none=True)
    text = ma.fields.String(allow_none=True)
    problems = ma.fields.List(ma.fields.String())


class StepFiguresSchema(ma.Schema):
    key = ma.fields.String()
    mails = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class StatisticsSchema(ma.Schema):
    enrolments = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    mails = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    steps = ma.fields.List(ma.fields.Nested(StepFiguresSchema))


class PublicStateSchema(ma.Schema):
    state = ma.fields.String()
    business = ma.fields.String()
    wording = ma.fields.String(allow_none=True)
