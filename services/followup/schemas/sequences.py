"""Sequences, their steps and figures."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from services.followup.schedule import CALENDARS, zone_named
from services.followup.schemas.common import mail_address, one_of
from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.web import PageArgs

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_DELAY = {"minutes": 525_600, "hours": 8_760, "days": 3_650, "weeks": 520}

_TIME = Text("is not a time of day such as 09:30", de="ist keine Uhrzeit wie 09:30")
_ZONE = Text("is not a time zone such as Europe/Berlin", de="ist keine Zeitzone wie Europe/Berlin")
_TOO_LONG = Text("is too long: at most ten years", de="ist zu lang: höchstens zehn Jahre")
_EMPTY = Text("has no day", de="hat keinen Tag")
_NO_MESSAGE = Text("A step needs an html or a text.", de="Ein Schritt braucht HTML oder Text.")


def _time_of_day(value: str) -> None:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValidationError(_TIME)


class ZoneName(ma.fields.String):
    """A time zone, as its own name has it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        zone = zone_named(super()._deserialize(value, attr, data, **kwargs))
        if zone is None:
            raise ValidationError(_ZONE)
        return zone.key


class DelaySchema(Schema):
    value = Integer(required=True, validate=ma.validate.Range(min=0))
    unit = ma.fields.String(required=True, validate=one_of(*LONGEST_DELAY))

    @ma.validates_schema
    def _bounded(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["value"] > LONGEST_DELAY[data["unit"]]:
            raise ValidationError({"value": [_TOO_LONG]})


class StepSchema(Schema):
    """One mail of a sequence. A step without a key is a new one; send the key along to change a step."""

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

    days = ma.fields.List(ma.fields.String(validate=one_of(*DAYS)), load_default=list(DAYS))
    from_ = ma.fields.String(data_key="from", load_default="00:00", validate=_time_of_day)
    to = ma.fields.String(load_default="00:00", validate=_time_of_day)
    holidays = ma.fields.String(
        allow_none=True,
        validate=one_of(*CALENDARS),
        metadata={"description": "no mail on the public holidays of this country or part of it"},
    )

    @ma.validates("days")
    def _some_day(self, value: list[str], **_kwargs: Any) -> None:
        if not value:
            raise ValidationError(_EMPTY)

    @ma.post_load
    def _plain(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        plain = {"days": data["days"], "from": data["from_"], "to": data["to"]}
        return plain | {"holidays": data["holidays"]} if data.get("holidays") else plain


class WindowOutSchema(Schema):
    days = ma.fields.List(ma.fields.String())
    from_ = ma.fields.String(data_key="from", attribute="from")
    to = ma.fields.String()
    holidays = ma.fields.String()


class SenderSchema(Schema):
    name = Str(max=200)
    address = Str(max=254, validate=mail_address)
    reply_to = Str(max=254, validate=mail_address)


class PoliciesSchema(Schema):
    on_leave = ma.fields.String(validate=one_of("stop", "continue", "pause"))
    on_inactive = ma.fields.String(validate=one_of("pause", "stop"))
    reentry = ma.fields.String(validate=one_of("never", "after_leaving", "always"))
    catch_up = ma.fields.String(validate=one_of("send", "spread", "skip"))


class SequencePatchSchema(Schema):
    name = Str(min=1, max=200)
    purpose = ma.fields.String(validate=one_of("newsletter", "service"))
    start_groups = ma.fields.List(Str(max=2000, min=1), validate=ma.validate.Length(max=500))
    include_subgroups = Boolean()
    excluding_groups = ma.fields.List(Str(max=2000, min=1), validate=ma.validate.Length(max=500))
    end_group = Str(max=2000, allow_none=True)
    sender = ma.fields.Nested(SenderSchema, allow_none=True)
    window = ma.fields.Nested(WindowSchema, allow_none=True)
    timezone = ZoneName(metadata={"description": "IANA name, as Europe/Berlin"})
    zone_of = ma.fields.String(
        validate=one_of("business", "customer"),
        metadata={
            "description": "customer: by their attribute `timezone`, else by the sequence's zone"
        },
    )
    policies = ma.fields.Nested(PoliciesSchema)
    steps = ma.fields.List(ma.fields.Nested(StepSchema), validate=ma.validate.Length(max=100))


class SequenceCreateSchema(SequencePatchSchema):
    name = Str(required=True, min=1, max=200)


class GoneGroupSchema(ma.Schema):
    """What a sequence cannot do any more, such as start by a group that is gone."""

    problem = ma.fields.String(metadata={"enum": ["group_deleted"]})
    field = ma.fields.String()
    group_id = ma.fields.UUID()
    group_name = ma.fields.String()


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
    zone_of = ma.fields.String()
    policies = ma.fields.Nested(PoliciesSchema)
    steps = ma.fields.List(ma.fields.Dict())
    problems = ma.fields.List(ma.fields.Nested(GoneGroupSchema))
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
    existing_members = ma.fields.String(load_default="ignore", validate=one_of("ignore", "enrol"))
    dry_run = Boolean(load_default=False)


class SequenceArgs(PageArgs):
    state = ma.fields.String(validate=one_of("draft", "active", "paused", "archived"))


class StepFiguresSchema(ma.Schema):
    key = ma.fields.String()
    mails = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class StatisticsSchema(ma.Schema):
    enrolments = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    mails = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    steps = ma.fields.List(ma.fields.Nested(StepFiguresSchema))
