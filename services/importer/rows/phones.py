"""Telephone numbers: several in one cell, several columns for one field.

A column with one number is taken at its word. Where there are more numbers than columns, or more columns
than fields, the first land line becomes the telephone and the first mobile number the mobile; a number that
is left takes the field that is still free, and what finds no place is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from services.importer.rows.cells import CLEAR
from services.importer.rows.draft import Draft
from shared.errors import Text
from shared.values import ValueRefused, normalise_phone

NO_ROOM = Text(
    "A customer has one telephone and one mobile number; this one was left out. The customer was imported.",
    de="Ein Kunde hat eine Telefon- und eine Mobilnummer; diese wurde weggelassen. Der Kunde "
    "wurde importiert.",
)
SHORTENED = Text(
    "A spreadsheet has shortened this number to powers of ten; it was left out. Format the column as text. "
    "The customer was imported.",
    de="Eine Tabellenkalkulation hat diese Nummer zur Zehnerpotenz gekürzt; sie wurde weggelassen. Bitte die "
    "Spalte als Text formatieren. Der Kunde wurde importiert.",
)

SHORTEST_PAIR = 17
"""Two numbers in one cell have at least so many characters."""

FEWEST_DIGITS = 6

_BETWEEN = re.compile(r"\s*(?::::|[;,|\n]|\s(?:oder|und|or|and)\s)\s*")
_SLASH = re.compile(r"\s*/\s*(?=[+0])")
_POWER_OF_TEN = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+[.:]?|\(\s*\)")


class Place(NamedTuple):
    """A column of telephone numbers."""

    at: int
    target: str
    column: str


class Number(NamedTuple):
    text: str
    place: Place


class PhoneCells:
    """All columns that go to `phone` and `mobile`."""

    def __init__(self, places: Sequence[Place], home: str) -> None:
        """`home`: where a number is from that says no country, in a row without one."""
        self._places = sorted(places)
        self._home = home
        self.competing = len({place.target for place in places}) < len(places)

    def read(self, draft: Draft) -> None:
        several = self.competing
        for at, target, column in self._places:
            cell = draft.cells[at].strip().removeprefix("'")
            if not cell or cell in CLEAR:
                continue
            if _POWER_OF_TEN.fullmatch(cell):
                draft.customer.pop(target, None)
                draft.remark(column, cell, SHORTENED)
            else:
                draft.customer[target] = cell
                several = several or len(split_phones(cell)) > 1
        if several:
            self._share_out(draft)

    def _share_out(self, draft: Draft) -> None:
        """Find a place for all numbers of the row, whatever columns they stand in."""
        country = draft.customer.get("country") or self._home
        numbers: dict[str, Number] = {}
        for place in self._places:
            cell = draft.cells[place.at].strip()
            if cell and cell not in CLEAR and not _POWER_OF_TEN.fullmatch(cell):
                for text in split_phones(cell.removeprefix("'")):
                    numbers.setdefault(_key(text, country), Number(text, place))
        if not numbers:
            return
        mobile: list[Number] = []
        others: list[Number] = []
        for number in numbers.values():
            (mobile if _is_mobile(number, country) else others).append(number)
        taken = {"phone": others[:1], "mobile": mobile[:1]}
        left = mobile[1:] + others[1:]
        for target, free in taken.items():
            if not free and left:
                taken[target] = [left.pop(0)]
            if taken[target]:
                draft.customer[target] = taken[target][0].text
            elif draft.customer.get(target):
                del draft.customer[target]  # its number has gone to the other field
        for text, place in left:
            draft.remark(place.column, text, NO_ROOM)


def split_phones(cell: str) -> list[str]:
    """Return the numbers in a cell; the cell as it is if its parts are no numbers of their own.

    A slash stands inside numbers too: it parts only where a country or area code follows.
    """
    found: list[str] = []
    for part in filter(None, _BETWEEN.split(cell)):
        numbers = _SLASH.split(part)
        found += numbers if _all_numbers(numbers) else [part]
    return found if _all_numbers(found) else [cell]


def _all_numbers(parts: Sequence[str]) -> bool:
    return all(sum(map(str.isdigit, part)) >= FEWEST_DIGITS for part in parts)


def _key(text: str, country: str) -> str:
    """Return the same for two ways of writing one number."""
    try:
        return normalise_phone(_WORDS.sub("", text), country)
    except ValueRefused:
        return text


def _is_mobile(number: Number, country: str) -> bool:
    """By the number's own kind; where that is not clear, by its column."""
    try:
        parsed = phonenumbers.parse(_WORDS.sub("", number.text), country)
    except phonenumbers.NumberParseException:
        return number.place.target == "mobile"
    kind = phonenumbers.number_type(parsed)
    if kind in (PhoneNumberType.UNKNOWN, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return number.place.target == "mobile"
    return bool(kind == PhoneNumberType.MOBILE)
