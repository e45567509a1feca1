"""Reading what somebody sent against what the form asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.groups.webforms.definition import Definition
from services.groups.webforms.fields import IDENTIFYING
from shared.errors import Text
from shared.values import Stored, ValueRefused, email_key, refuse

FORM = "_schema"

REQUIRED = Text("This is required.", de="Das muss angegeben werden.")
NOT_ASKED = Text("The form does not ask for this.", de="Danach fragt das Formular nicht.")
NOT_OFFERED = Text(
    "The form offers no such group.", de="Eine solche Gruppe bietet das Formular nicht an."
)
NAMELESS = Text(
    "Please say who you are: a last name, a company, an e-mail address or a telephone number.",
    de="Bitte sagen Sie, wer Sie sind: Nachname, Firma, E-Mail-Adresse oder Telefonnummer.",
)
NO_CONSENT_ASKED = Text(
    "The form does not ask for consent.", de="Das Formular fragt nicht nach einer Einwilligung."
)
NOT_A_VALUE = Text("{value} is not a value.", de="{value} ist kein Wert.")


@dataclass
class Reading:
    """What was understood; `errors` says by name what was not, and why."""

    fields: dict[str, Stored] = field(default_factory=dict)
    values: dict[str, Stored] = field(default_factory=dict)
    booking_values: dict[str, Stored] = field(default_factory=dict)
    group_ids: list[UUID] = field(default_factory=list)
    consent: bool = False
    errors: dict[str, list[Text]] = field(default_factory=dict)

    @property
    def email_key(self) -> str | None:
        email = self.fields.get("email")
        return None if email is None else email_key(str(email))


def read(
    form: Definition, given: Mapping[str, Any], groups: Iterable[str], *, consent: bool
) -> Reading:
    """Return what was sent by the names of the form's questions."""
    reading = Reading()
    places = {
        "field": reading.fields,
        "customer": reading.values,
        "booking": reading.booking_values,
    }
    for question in form.questions:
        try:
            value = _value(question.read, given.get(question.name))
        except ValueRefused as refused:
            reading.errors[question.name] = [refused.text]
            continue
        if value is not None:
            places[question.scope][question.key] = value
        elif question.required:
            reading.errors[question.name] = [REQUIRED]
    known = {question.name for question in form.questions}
    for name in given:
        if name not in known:
            reading.errors[_shown(name)] = [NOT_ASKED]
    _read_groups(reading, form, groups)
    if consent and not form.consent_text:
        reading.errors["consent"] = [NO_CONSENT_ASKED]
    reading.consent = consent and bool(form.consent_text)
    if not reading.errors and not any(name in reading.fields for name in IDENTIFYING):
        reading.errors[FORM] = [NAMELESS]
    return reading


def _value(read_one: Any, raw: Any) -> Stored | None:
    if raw is None:
        return None
    if not isinstance(raw, str | bool | int | float):
        raise refuse(NOT_A_VALUE, raw)
    value: Stored | None = read_one(raw)
    return value


def _read_groups(reading: Reading, form: Definition, groups: Iterable[str]) -> None:
    offered = {str(group_id): group_id for group_id in form.group_ids}
    for named in dict.fromkeys(groups):
        group_id = offered.get(named.lower())
        if group_id is None:
            reading.errors["groups"] = [NOT_OFFERED]
        else:
            reading.group_ids.append(group_id)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:100])
