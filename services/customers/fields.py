"""What a customer's fields may hold: one reading for single requests and for batches of thousands.

A reader takes raw JSON and returns what is stored: clean text, a date, or None for nothing. It raises
ValueRefused, whose text says in both languages what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from shared.errors import Text
from shared.values import (
    ValueRefused,
    clean_email,
    clean_text,
    parse_country,
    parse_language,
    parse_salutation,
    refuse,
)

Reader = Callable[[Any], Any]

SOURCES = ("manual", "import", "booking", "online_order", "pos", "voucher", "web_form", "api")
OPT_IN_STATES = ("none", "requested", "confirmed", "revoked")
EARLIEST_BIRTHDAY = date(1850, 1, 1)
CLOCK_SKEW = timedelta(minutes=5)
_A_DAY = timedelta(days=1)
_STARTED = datetime.now(UTC).date()
"""No day before this process began lies in the future: for those the clock need not be asked."""

NOT_A_PHONE = Text(
    "{value} is not a telephone number: it has fewer than three digits.",
    de="{value} ist keine Telefonnummer: sie hat weniger als drei Ziffern.",
)
NOT_A_DATE = Text(
    "{value} is not a date such as 1980-12-24.",
    de="{value} ist kein Datum wie 1980-12-24.",
)
NO_BIRTHDAY = Text(
    "{value} cannot be a birthday: possible are 1850-01-01 to today.",
    de="{value} kann kein Geburtstag sein: möglich ist 1850-01-01 bis heute.",
)
NOT_A_MOMENT = Text(
    "{value} is not a moment with time zone, such as 2026-11-22T09:34:00Z.",
    de="{value} ist kein Zeitpunkt mit Zeitzone wie 2026-11-22T09:34:00Z.",
)
IN_FUTURE = Text("{value} lies in the future.", de="{value} liegt in der Zukunft.")
NOT_YES_NO = Text("Only true or false is possible.", de="Hier geht nur true oder false.")
NOT_NULL = Text("This may not be empty.", de="Diese Angabe darf nicht leer sein.")


def line(longest: int) -> Reader:
    """Return a reader of one line of text."""

    def read(raw: Any) -> str | None:
        if type(raw) is str and raw.isascii() and raw.isprintable() and len(raw) <= longest:
            return raw.strip() or None
        return clean_text(raw, longest=longest) or None

    return read


_THREE_DIGITS = re.compile(r"(?:\D*\d){3}", re.ASCII)
_phone_line = line(60)


def _phone(raw: Any) -> str | None:
    text = _phone_line(raw)
    if text and not _THREE_DIGITS.match(text):
        raise refuse(NOT_A_PHONE, text)
    return text


def _note(raw: Any) -> str | None:
    return clean_text(raw, longest=10_000, multiline=True) or None


def _known(*usual: str, otherwise: Callable[[Any], str]) -> Reader:
    """Return a reader that takes the usual values as they are and reads everything else."""
    asis = frozenset(usual)

    def read(raw: Any) -> str | None:
        if type(raw) is str:
            if raw in asis:
                return raw
            if not raw.strip():
                return None
        return otherwise(raw)

    return read


def _birthday(raw: Any) -> date | None:
    try:
        if type(raw) is not str or len(raw) != len("1980-12-24"):
            if isinstance(raw, str) and not raw.strip():
                return None
            raise refuse(NOT_A_DATE, raw)
        day = date.fromisoformat(raw)
    except ValueError:
        raise refuse(NOT_A_DATE, raw) from None
    if EARLIEST_BIRTHDAY <= day <= _STARTED:
        return day
    # Somewhere on earth it is tomorrow already.
    if not _STARTED < day <= datetime.now(UTC).date() + _A_DAY:
        raise refuse(NO_BIRTHDAY, raw)
    return day


def past_moment(raw: Any) -> datetime:
    """Read a moment that has already been (RFC 3339, with a time zone), to the second.

    Spreadsheets show no more than seconds: what was exported has to come back as the same.
    """
    try:
        if type(raw) is not str or len(raw) > 40:
            raise refuse(NOT_A_MOMENT, raw)
        moment = _moment(raw)
    except (ValueError, OverflowError):
        raise refuse(NOT_A_MOMENT, raw) from None
    if moment > datetime.now(UTC) + CLOCK_SKEW:
        raise refuse(IN_FUTURE, raw)
    return moment


@lru_cache(maxsize=4_096)
def _moment(raw: str) -> datetime:
    """Raises ValueError or OverflowError. Many customers of a file were registered on the same day."""
    moment = datetime.fromisoformat(raw)
    if moment.tzinfo is None or moment.year < 1900:
        raise ValueError(raw)
    return moment.astimezone(UTC).replace(microsecond=0)


def yes_no(raw: Any) -> bool:
    """Read a JSON boolean."""
    if type(raw) is not bool:
        raise ValueRefused(NOT_YES_NO)
    return raw


MASTER_DATA: dict[str, Reader] = {
    "salutation": _known("Herr", "Frau", otherwise=parse_salutation),
    "title": line(100),
    "first_name": line(200),
    "last_name": line(200),
    "company": line(300),
    "email": _known(otherwise=clean_email),
    "phone": _phone,
    "mobile": _phone,
    "street": line(300),
    "postal_code": line(20),
    "city": line(200),
    "country": _known("DE", "AT", "CH", otherwise=parse_country),
    "birthday": _birthday,
    "language": _known("de", "en", otherwise=parse_language),
    "note": _note,
}
"""Each field of the master data and how it is read."""

STANDING: dict[str, Reader] = {"active": yes_no, "registered_at": past_moment}
"""What else a writer may say of a customer; these are never empty."""

READERS = MASTER_DATA | STANDING


def read_field(name: str, raw: Any) -> Any:
    """Return the field's value as it is stored. Raises ValueRefused."""
    if raw is None:
        if name in STANDING:
            raise ValueRefused(NOT_NULL)
        return None
    return READERS[name](raw)
