"""What was sent in by web forms: each becomes a customer, or is added to one, whoever else is away.

Nobody can be asked back. So nothing is refused: what cannot be stored as it is stands in the activity's
description, and where several customers fit, a new one is registered who shows among the likely duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import fields
from services.customers.actions.activities import Activity
from services.customers.actions.attributes import read_values
from services.customers.actions.consent import Proof, hear_from_form
from services.customers.actions.intake import take_in
from services.customers.actions.recognising import Description, Match, recognise
from services.customers.errors import SeveralCustomers
from services.customers.models import Customer
from shared.errors import Invalid
from shared.values import ValueRefused, email_key, sort_key

SOURCE, KIND = "web_form", "form"

NAMES = {
    "salutation": "Anrede",
    "title": "Titel",
    "first_name": "Vorname",
    "last_name": "Nachname",
    "company": "Firma",
    "email": "E-Mail",
    "phone": "Telefon",
    "mobile": "Mobil",
    "street": "Straße",
    "postal_code": "PLZ",
    "city": "Ort",
    "country": "Land",
    "birthday": "Geburtstag",
    "language": "Sprache",
    "note": "Nachricht",
}
LONGEST = 10_000


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What somebody sent in, as groups tells it."""

    submission_id: UUID
    title: str
    at: datetime
    fields: Mapping[str, Any]
    attributes: Mapping[str, Any]
    wording: str | None
    form: str | None
    double_opt_in: bool
    remote_address: str | None


def take_forms(session: Session, all_sent: Sequence[Sent]) -> None:
    """Take everything in. Told twice, it is done once."""
    read = [(sent, *_read(sent)) for sent in all_sent]
    matches = [_whom(session, Description(values=values)) for _, values, _ in read]
    # Customers in the order of their ids, the register last: batches do not lock each other out.
    order = sorted(
        range(len(read)),
        key=lambda i: (matches[i] is None, _held_id(matches[i]), i),
    )
    for i in order:
        _take(session, *read[i])


def _held_id(match: Match | None) -> UUID:
    return UUID(int=0) if match is None else match.customer.id


def _take(session: Session, sent: Sent, values: dict[str, Any], left: dict[str, Any]) -> None:
    attributes, refused = _attributes(session, sent.attributes)
    taken = take_in(
        session,
        Description(values=values),
        Activity(
            kind=KIND,
            source=SOURCE,
            by=SOURCE,
            occurred_at=sent.at,
            external_id=str(sent.submission_id),
            attributes=attributes,
        ),
        whom=_whom,
        describe=lambda customer: _described(sent.title, customer, values, {**left, **refused}),
    )
    if sent.wording is None or taken.known:
        return
    hear_from_form(
        session,
        taken.customer_id,
        sent.at,
        Proof(
            way=SOURCE,
            wording=sent.wording,
            form=sent.form,
            evidence=str(sent.submission_id),
            remote_address=sent.remote_address,
        ),
        email=values.get("email"),
        at_once=not sent.double_opt_in,
    )


def _read(sent: Sent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values as they are stored, and those that are not possible here."""
    values: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, raw in sent.fields.items():
        try:
            value = fields.read_field(name, raw) if name in fields.MASTER_DATA else None
        except ValueRefused:
            value = None
        if value is not None:
            values[name] = value
        elif raw is not None:
            left[NAMES.get(name, name)] = raw
    return values, left


def _attributes(
    session: Session, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the attributes that we know, and the others."""
    values: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for key, raw in given.items():
        try:
            values |= read_values(session, "booking", {key: raw}, complete=False)
        except Invalid:
            refused[key] = raw
    return values, refused


def _whom(session: Session, person: Description) -> Match | None:
    """Return whom it means; None for somebody new. Of several, who has the same name."""
    try:
        return recognise(session, person)
    except SeveralCustomers as several:
        fitting = [one for one in several.people if _called_alike(one, person.values)]
    if len(fitting) > 1:
        # The one that an earlier form registered, because it could not tell the others apart.
        fitting = [one for one in fitting if SOURCE in one.sources.split()]
    return Match(fitting[0], fitting[0].id) if len(fitting) == 1 else None


def _called_alike(customer: Customer, values: Mapping[str, Any]) -> bool:
    return all(
        sort_key(getattr(customer, name) or "") == sort_key(values[name])
        for name in ("first_name", "last_name", "company")
        if name in values
    )


def _same(name: str, stored: Any, value: Any) -> bool:
    if name == "email" and stored is not None:
        return email_key(stored) == email_key(value)
    return bool(stored == value)


def _described(
    title: str, customer: Customer, values: Mapping[str, Any], left: Mapping[str, Any]
) -> str:
    """Return the form's title, the message, and what the customer's own data do not say."""
    differing = {
        NAMES[name]: value
        for name, value in values.items()
        if name != "note" and not _same(name, getattr(customer, name), value)
    }
    lines = [title, *(f"{name}: {value}" for name, value in {**differing, **left}.items())]
    if note := values.get("note"):
        lines.append(note)
    return "\n".join(lines)[:LONGEST]
