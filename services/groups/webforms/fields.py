"""What a form may ask of a customer: how each field is called, typed and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from shared.errors import Text
from shared.values import (
    clean_email,
    clean_text,
    parse_country,
    parse_date,
    parse_language,
    parse_salutation,
    refuse,
)

IDENTIFYING = ("last_name", "company", "email", "phone", "mobile")
EARLIEST_BIRTHDAY = date(1850, 1, 1)

NOT_A_PHONE = Text(
    "{value} is not a telephone number: it has fewer than three digits.",
    de="{value} ist keine Telefonnummer: sie hat weniger als drei Ziffern.",
)
NO_BIRTHDAY = Text("{value} cannot be a birthday.", de="{value} kann kein Geburtstag sein.")
NOT_TEXT = Text("{value} is not text.", de="{value} ist kein Text.")

_THREE_DIGITS = re.compile(r"(?:\D*\d){3}", re.ASCII)


class Field(NamedTuple):
    """`read` takes text that is not blank and returns what is told, or raises ValueRefused."""

    label: Mapping[str, str]
    type: str
    read: Callable[[str], str]
    autocomplete: str = "off"
    choices: tuple[tuple[str, Mapping[str, str]], ...] = ()


def _line(longest: int) -> Callable[[str], str]:
    return lambda raw: clean_text(raw, longest=longest)


def _phone(raw: str) -> str:
    text = clean_text(raw, longest=60)
    if not _THREE_DIGITS.match(text):
        raise refuse(NOT_A_PHONE, text)
    return text


def _birthday(raw: str) -> str:
    # Somewhere on earth it is tomorrow already.
    today = datetime.now(UTC).date() + timedelta(days=1)
    day = parse_date(raw, latest=today)
    if not EARLIEST_BIRTHDAY <= day <= today:
        raise refuse(NO_BIRTHDAY, raw)
    return day.isoformat()


def _names(german: str, english: str) -> dict[str, str]:
    return {"de": german, "en": english}


FIELDS: Mapping[str, Field] = {
    "salutation": Field(
        _names("Anrede", "Salutation"),
        "choice",
        parse_salutation,
        "honorific-prefix",
        (
            ("Frau", _names("Frau", "Ms")),
            ("Herr", _names("Herr", "Mr")),
            ("Divers", _names("Divers", "Mx")),
            ("Familie", _names("Familie", "Family")),
            ("Firma", _names("Firma", "Company")),
        ),
    ),
    "title": Field(_names("Titel", "Title"), "text", _line(100)),
    "first_name": Field(_names("Vorname", "First name"), "text", _line(200), "given-name"),
    "last_name": Field(_names("Nachname", "Last name"), "text", _line(200), "family-name"),
    "company": Field(_names("Firma", "Company"), "text", _line(300), "organization"),
    "email": Field(_names("E-Mail", "E-mail"), "email", clean_email, "email"),
    "phone": Field(_names("Telefon", "Telephone"), "phone", _phone, "tel"),
    "mobile": Field(_names("Mobil", "Mobile"), "phone", _phone, "tel"),
    "street": Field(
        _names("Straße und Hausnummer", "Street and number"), "text", _line(300), "street-address"
    ),
    "postal_code": Field(_names("PLZ", "Postal code"), "text", _line(20), "postal-code"),
    "city": Field(_names("Ort", "Town"), "text", _line(200), "address-level2"),
    "country": Field(_names("Land", "Country"), "text", parse_country, "country-name"),
    "birthday": Field(_names("Geburtstag", "Birthday"), "date", _birthday, "bday"),
    "language": Field(
        _names("Sprache", "Language"),
        "choice",
        parse_language,
        "off",
        (("de", _names("Deutsch", "German")), ("en", _names("Englisch", "English"))),
    ),
    "note": Field(
        _names("Nachricht", "Message"),
        "multiline",
        lambda raw: clean_text(raw, longest=10_000, multiline=True),
    ),
}
"""The customer fields that a form may ask, as customers calls them."""


def reader(field: Field) -> Callable[[Any], str | None]:
    """Return what reads raw input of the field; blank is None."""

    def read(raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise refuse(NOT_TEXT, raw)
        return field.read(raw) if raw.strip() else None

    return read
