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
NOT_POSITIVE = Text("{value} is not a number above zero.", de="{value} ist keine Zahl über null.")
_ADDRESS_IN_BRACKETS = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>\s*")


def reader_for(target: str, zone: tzinfo, order: Order, today: date) -> Reader | None:
    """Return the reader for a target; None where the text goes on as it is."""
    now = datetime.now(UTC)
    readers: dict[str, Reader] = {
        "id": _id,
        "number": _positive,
        "version": _positive,
        "active": parse_yes_no,
        "registered_at": lambda cell: rfc3339(parse_moment(cell, zone, order=order, latest=now)),
        "salutation": parse_salutation,
        "email": _address,
        "country": parse_country,
        "birthday": lambda cell: parse_date(cell, order=order, latest=today).isoformat(),
        "language": parse_language,
        "opt_in_confirmed_at": lambda cell: rfc3339(
            parse_moment(cell, zone, order=order, latest=now)
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
