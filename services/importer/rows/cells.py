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
SEVERAL_ADDRESSES = Text(
    "A customer has one e-mail address; {value} was taken. The customer was imported.",
    de="Ein Kunde hat eine E-Mail-Adresse; {value} wurde genommen. Der Kunde wurde importiert.",
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
    """The cell is left out, or `instead` is taken of it; the row is imported."""

    def __init__(self, text: Text, instead: str | None = None) -> None:
        super().__init__(text)
        self.instead = instead


def reader_for(target: str, zone: tzinfo, order: Order, today: date) -> Reader | None:
    """Return the reader for a target; None where the text goes on as it is."""
    now = datetime.now(UTC)

    def moment(cell: str) -> str:
        try:
            return rfc3339(parse_moment(cell, zone, order=order, latest=now))
        except ValueRefused as refused:
            raise _undated(cell, refused) from None

    def day(cell: str) -> str:
        try:
            return parse_date(cell, order=order, latest=today).isoformat()
        except ValueRefused as refused:
            raise _undated(cell, refused) from None

    readers: dict[str, Reader] = {
        "id": _id,
        "number": _positive,
        "version": _positive,
        "active": parse_yes_no,
        "registered_at": moment,
        "salutation": parse_salutation,
        "email": _address,
        "country": parse_country,
        "birthday": day,
        "language": parse_language,
        "opt_in_confirmed_at": moment,
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


def is_zero_date(cell: str) -> bool:
    return _NO_DATE.fullmatch(cell) is not None


def _undated(cell: str, refused: ValueRefused) -> Exception:
    """Return what to raise for a cell that is no date: not every program leaves it empty."""
    if is_zero_date(cell):
        return Blank()
    if _WITHOUT_YEAR.fullmatch(cell):
        return LeftOut(refuse(NO_YEAR, cell).text)
    return refused


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
    if cell[:7].lower() == "mailto:":
        cell = cell[7:]
    if ":::" in cell:
        # Google: several addresses of one person. Others would be parted by what stands in addresses too.
        first = cell.partition(":::")[0].strip()
        raise LeftOut(refuse(SEVERAL_ADDRESSES, first).text, first)
    return cell


def is_marked(cell: str) -> bool:
    """True for an apostrophe by which other programs keep a spreadsheet from reading a number."""
    return cell[0] == "'"


def without_mark(cell: str) -> str:
    return cell[1:] if is_marked(cell) else cell
