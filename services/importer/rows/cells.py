"""How a cell becomes what the customers service takes, by target. Each reader raises ValueRefused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID

from shared.errors import Text
from shared.values import (
    Order,
    ValueRefused,
    parse_country,
    parse_date,
    parse_integer,
    parse_language,
    parse_moment,
    parse_salutation,
    parse_yes_no,
    refuse,
)

Reader = Callable[[str], Any]

CLEAR = frozenset({"[leer]", "[empty]", "[clear]"})
"""A cell with one of these takes the stored value away."""

REMEMBERED = 20_000
"""Distinct cells of one column whose reading is kept: birthdays and countries come again and again."""

NOT_AN_ID = Text(
    "{value} is not an id. Ids come from an export; leave the column out if you do not have them.",
    de="{value} ist keine Id. Ids stammen aus einem Export; ohne sie die Spalte bitte weglassen.",
)
NO_YEAR = Text(
    "{value} has no year and was left out. The customer was imported.",
    de="{value} hat kein Jahr und wurde weggelassen. Der Kunde wurde importiert.",
)
NOT_POSITIVE = Text("{value} is not a number above zero.", de="{value} ist keine Zahl über null.")
_NO_DATE = re.compile(r"0{1,4}[-./]0{1,2}[-./]0{1,4}(?:[ T]00?:00(?::00)?)?|0")
"""What programs write where there is no date."""

_WITHOUT_YEAR = re.compile(r"-?-?\d{1,2}[-./]\d{1,2}\.?")
"""Google's --03-04, Mailchimp's 03/04."""

_ADDRESS_IN_BRACKETS = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>\s*")


class Blank(Exception):
    """The cell says nothing, as if it were empty."""


class LeftOut(ValueRefused):
    """The cell is left out, the row is imported."""


def reader_for(target: str, zone: tzinfo, order: Order, today: date) -> Reader | None:
    """Return the reader for a target; None where the text goes on as it is."""
    now = datetime.now(UTC)
    readers: dict[str, Reader] = {
        "id": _id,
        "number": _positive,
        "version": _positive,
        "active": parse_yes_no,
        "registered_at": lambda cell: rfc3339(
            parse_moment(_dated(cell), zone, order=order, latest=now)
        ),
        "salutation": parse_salutation,
        "email": _address,
        "country": parse_country,
        "birthday": lambda cell: parse_date(_dated(cell), order=order, latest=today).isoformat(),
        "language": parse_language,
        "opt_in_confirmed_at": lambda cell: rfc3339(
            parse_moment(_dated(cell), zone, order=order, latest=now)
        ),
    }
    reader = readers.get(target)
    if reader is None or target in ("id", "number", "email"):
        return reader
    return Remembered(reader).__getitem__


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Remembered(dict[str, Any]):
    """Readings of cells: `remembered[cell]` reads it the first time. Refusals are not kept."""

    def __init__(self, read: Reader) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Any:
        value = self._read(cell)
        if len(self) < REMEMBERED:
            self[cell] = value
        return value


def _dated(cell: str) -> str:
    if _NO_DATE.fullmatch(cell):
        raise Blank
    if _WITHOUT_YEAR.fullmatch(cell):
        raise LeftOut(refuse(NO_YEAR, cell).text)
    return cell


def _id(cell: str) -> str:
    try:
        return str(UUID(cell))
    except ValueError:
        raise refuse(NOT_AN_ID, cell) from None


def _positive(cell: str) -> int:
    number = parse_integer(cell)
    if number <= 0:
        raise refuse(NOT_POSITIVE, cell)
    return number


def _address(cell: str) -> str:
    """Take the address out of "Anna Meier <anna@example.com>"; whether it is one, customers decides."""
    if "<" in cell and (found := _ADDRESS_IN_BRACKETS.fullmatch(cell)):
        return found[1]
    return cell[7:] if cell[:7].lower() == "mailto:" else cell
