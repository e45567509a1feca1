"""What can be compared, and how: each kind of value has its operators and its way of being written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from services.groups.models import Attribute
from services.groups.selection import days
from services.groups.selection.tree import Kind, Op, Test
from shared.errors import Text
from shared.values import (
    ValueRefused,
    clean_text,
    parse_country,
    parse_decimal,
    parse_language,
    parse_salutation,
    parse_value,
    parse_yes_no,
    refuse,
)

MOST_VALUES = 1_000
LONGEST = 1_000

_EQUAL: tuple[Op, ...] = ("eq", "ne", "in", "empty", "not_empty")
_ORDER: tuple[Op, ...] = ("lt", "lte", "gt", "gte")
OPS: Mapping[Kind, tuple[Op, ...]] = {
    "text": (*_EQUAL, *_ORDER, "contains", "starts_with"),
    "choice": (*_EQUAL, "contains", "starts_with"),
    "number": (*_EQUAL, *_ORDER),
    "date": (*_EQUAL, *_ORDER, "anniversary"),
    "moment": (*_EQUAL, *_ORDER),
    "yes_no": ("eq", "ne", "empty", "not_empty"),
    "list": _EQUAL,
}
FIELDS: Mapping[str, Kind] = {
    "number": "number",
    "birthday": "date",
    "registered_at": "moment",
    "opt_in_confirmed_at": "moment",
    "sources": "list",
    **dict.fromkeys(
        (
            "salutation", "title", "first_name", "last_name", "company", "email", "phone", "mobile",
            "street", "postal_code", "city", "country", "language", "note",
        ),
        "text",
    ),
}  # fmt: skip
SOURCES = ("manual", "import", "booking", "online_order", "pos", "voucher", "web_form", "api")
_KINDS: Mapping[str, Kind] = {
    "text": "text", "multiline": "text", "yes_no": "yes_no", "integer": "number", "decimal": "number",
    "choice": "choice", "date": "date",
}  # fmt: skip

_NO_OP = Text(
    "'{op}' is not possible here; possible are {ops}.",
    de="'{op}' ist hier nicht möglich; möglich sind {ops}.",
)
_NO_VALUE = Text(
    "'{op}' takes no value; leave it out.", de="'{op}' hat keinen Wert; bitte weglassen."
)
_A_LIST = Text(
    "'in' takes a list of 1 to 1,000 values.", de="'in' braucht eine Liste von 1 bis 1.000 Werten."
)
_NEEDS = Text("'{op}' needs a value.", de="'{op}' braucht einen Wert.")
_WITHIN = Text(
    "within_days is a number of days from 0 to 366.",
    de="within_days ist eine Zahl von Tagen, 0 bis 366.",
)
_SOURCE = Text("{value} is none of {values}.", de="{value} ist keines von {values}.")


class Wrong(Exception):
    """A part of a comparison is wrong: `part` names it."""

    def __init__(self, part: str, text: Text) -> None:
        super().__init__(text)
        self.part, self.text = part, text


def kind_of(attribute: Attribute) -> Kind:
    return _KINDS[attribute.type]


def read_test(
    kind: Kind,
    raw: Mapping[str, Any],
    now: datetime,
    read: Callable[[object], Any] | None = None,
) -> Test:
    """Read `op`, `value` and `within_days` of a comparison. Raises Wrong.

    `read` gives an equal value its stored form, such as a country its code.
    """
    op = raw.get("op")
    if op not in OPS[kind]:
        shown = op if isinstance(op, str) else ""
        raise Wrong("op", _NO_OP.fill(op=shown[:40], ops=", ".join(OPS[kind])))
    within = raw.get("within_days", 0)
    if ("within_days" in raw and op != "anniversary") or not _is_count(within, 366):
        raise Wrong("within_days", _WITHIN)
    value = raw.get("value")
    if op in ("empty", "not_empty"):
        if value is not None:
            raise Wrong("value", _NO_VALUE.fill(op=op))
        return Test(kind, op)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Wrong("value", _NEEDS.fill(op=op))
    many = [value]
    if op == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
            raise Wrong("value", _A_LIST)
        many = value
    equal = op in ("eq", "ne", "in")
    values = tuple(_value(kind, one, now, read if equal else None) for one in many)
    if op == "anniversary":
        first = days.day(value, now.date())
        return Test(kind, op, days.anniversaries(first, within))
    return Test(kind, op, values)


def _value(kind: Kind, raw: object, now: datetime, read: Callable[[object], Any] | None) -> Any:
    readers: Mapping[Kind, Callable[[object], Any]] = {
        "date": lambda raw: days.day(raw, now.date()),
        "moment": lambda raw: _span(days.day(raw, now.date()), now),
        "number": parse_decimal,
        "yes_no": parse_yes_no,
        "list": _source,
    }
    try:
        return readers.get(kind, read or _text)(raw)
    except ValueRefused as refused:
        raise Wrong("value", refused.text) from None


def _text(raw: object) -> str:
    return clean_text(raw, longest=LONGEST, multiline=True)


def _span(day: date, now: datetime) -> tuple[datetime, datetime]:
    return days.begin(day, now), days.end(day, now)


def _source(raw: object) -> str:
    if raw not in SOURCES:
        raise refuse(_SOURCE, raw, values=", ".join(SOURCES))
    return str(raw)


def field_reader(field: str) -> Callable[[object], str] | None:
    """Return how a field's values are written in one way, or None: as they are typed."""
    return {
        "country": parse_country,
        "language": parse_language,
        "salutation": parse_salutation,
    }.get(field)


def attribute_reader(attribute: Attribute) -> Callable[[object], Any] | None:
    if attribute.type != "choice":
        return None
    return lambda raw: parse_value("choice", raw, choices=attribute.choices)


def _is_count(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most
