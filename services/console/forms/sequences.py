"""Sequences and their steps."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional

from services.console import words
from services.console.forms.base import (
    Form,
    MultiCheckboxField,
    choices,
    longest,
    required,
    stripped,
)
from services.console.forms.messages import MessageForm

STEP_PREFIX = "steps-"
_DEFAULT = _("Empty: that of the business.")


class StepForm(MessageForm):
    """One mail of a sequence."""

    key = HiddenField()
    delay_value = IntegerField(
        _("Wait"), default=0, validators=[NumberRange(0, 10_000, _("0 to 10,000."))]
    )
    delay_unit = SelectField(_("Unit"), choices=choices(words.UNIT), default="days")
    at = TimeField(_("Time of day (optional)"), validators=[Optional()])

    def values(self) -> dict[str, Any]:
        step: dict[str, Any] = {
            "delay": {"value": self.delay_value.data, "unit": self.delay_unit.data},
            "at": self.at.data.strftime("%H:%M") if self.at.data else None,
            **self.message(),
        }
        return step | ({"key": self.key.data} if self.key.data else {})


class SequenceForm(Form):
    version = HiddenField()
    name = StringField(_("Name"), filters=[stripped], validators=[required(), longest(200)])
    purpose = SelectField(_("Purpose"), choices=choices(words.PURPOSE))
    sender_name = StringField(
        _("Sender's name"), filters=[stripped], validators=[longest(200)], description=_DEFAULT
    )
    sender_address = StringField(
        _("Sender's address"), filters=[stripped], validators=[longest(254)], description=_DEFAULT
    )
    start_groups = MultiCheckboxField(_("Starts when a customer joins"), validate_choice=False)
    include_subgroups = BooleanField(_("also when joining a subgroup"), default=True)
    excluding_groups = MultiCheckboxField(_("Never for members of"), validate_choice=False)
    end_group = SelectField(_("Ends when a customer joins"), validate_choice=False)
    window_days = MultiCheckboxField(
        _("Mails go out on"), choices=choices(words.WEEKDAY), default=list(words.WEEKDAY)
    )
    window_from = TimeField(_("from"), validators=[Optional()])
    window_to = TimeField(_("to"), validators=[Optional()])
    on_leave = SelectField(
        _("Who leaves the group"),
        choices=choices(
            [
                ("stop", _("gets no more mails")),
                ("continue", _("gets the remaining mails")),
                ("pause", _("pauses until joining again")),
            ]
        ),
    )
    on_inactive = SelectField(
        _("Who becomes inactive"),
        choices=choices([("pause", _("pauses")), ("stop", _("gets no more mails"))]),
    )
    reentry = SelectField(
        _("Who joins again"),
        choices=choices(
            [
                ("never", _("does not start again")),
                ("after_leaving", _("starts again after having left")),
                ("always", _("always starts again")),
            ]
        ),
    )
    catch_up = SelectField(
        _("Mails that were missed during a pause"),
        choices=choices(
            [
                ("send", _("are sent at once")),
                ("spread", _("are spread over time")),
                ("skip", _("are left out")),
            ]
        ),
    )
    steps = FieldList(FormField(StepForm))

    NAMES = {
        "policies.on_leave": "on_leave",
        "policies.on_inactive": "on_inactive",
        "policies.reentry": "reentry",
        "policies.catch_up": "catch_up",
        "window": "window_days",
        "window.days": "window_days",
        "window.from": "window_from",
        "window.to": "window_to",
        "sender.name": "sender_name",
        "sender.address": "sender_address",
    }

    def values(self) -> dict[str, Any]:
        sender = {"name": self.sender_name.data, "address": self.sender_address.data}
        window = None
        days = self.window_days.data or []
        if self.window_from.data or self.window_to.data or len(days) < len(words.WEEKDAY):
            window = {
                "days": days,
                "from": self.window_from.data.strftime("%H:%M")
                if self.window_from.data
                else "00:00",
                "to": self.window_to.data.strftime("%H:%M") if self.window_to.data else "00:00",
            }
        return {
            "name": self.name.data,
            "purpose": self.purpose.data,
            "sender": {k: v for k, v in sender.items() if v} or None,
            "start_groups": self.start_groups.data or [],
            "include_subgroups": self.include_subgroups.data,
            "excluding_groups": self.excluding_groups.data or [],
            "end_group": self.end_group.data or None,
            "window": window,
            "policies": {
                name: self[name].data for name in ("on_leave", "on_inactive", "reentry", "catch_up")
            },
            "steps": [entry.form.values() for entry in self.steps],
        }


def in_page_order(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """Number the steps as they stood in the page: moving one up moves its fields, not its number."""
    numbers: dict[str, int] = {}
    ordered: list[tuple[str, str]] = []
    for key, value in sent.items(multi=True):
        if key.startswith(STEP_PREFIX):
            index, _dash, name = key.removeprefix(STEP_PREFIX).partition("-")
            key = f"{STEP_PREFIX}{numbers.setdefault(index, len(numbers))}-{name}"  # noqa: PLW2901
        ordered.append((key, value))
    return MultiDict(ordered)


def fill(form: SequenceForm, sequence: dict[str, Any]) -> None:
    """Show what is stored."""
    for name in ("version", "name", "purpose", "include_subgroups"):
        form[name].data = sequence.get(name)
    form.start_groups.data = _ids(sequence.get("start_groups"))
    form.excluding_groups.data = _ids(sequence.get("excluding_groups"))
    form.end_group.data = next(iter(_ids([sequence.get("end_group")])), "")
    sender = sequence.get("sender") or {}
    form.sender_name.data, form.sender_address.data = sender.get("name"), sender.get("address")
    window = sequence.get("window") or {}
    form.window_days.data = window.get("days") or list(words.WEEKDAY)
    form.window_from.data = _clock(window.get("from"))
    form.window_to.data = _clock(window.get("to"))
    for name, value in (sequence.get("policies") or {}).items():
        if name in form:
            form[name].data = value
    for step in sequence.get("steps") or []:
        delay = step.get("delay") or {}
        form.steps.append_entry(
            {
                "key": step.get("key"),
                "delay_value": delay.get("value", 0),
                "delay_unit": delay.get("unit", "days"),
                "at": _clock(step.get("at")),
                "subject": step.get("subject"),
                "html": step.get("html"),
                "text": step.get("text"),
            }
        )


def _ids(listed: list[Any] | None) -> list[str]:
    """Return group ids, whether the API lists ids or groups."""
    return [g["id"] if isinstance(g, dict) else g for g in listed or [] if g]


def _clock(value: str | None) -> time | None:
    return time.fromisoformat(value) if value else None
