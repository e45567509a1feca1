"""One column for the whole address: "Hauptstr. 5, 10115 Berlin"."""

from __future__ import annotations

import re

from services.importer.rows.cells import CLEAR
from services.importer.rows.draft import Draft
from shared.errors import Text
from shared.values import ValueRefused, parse_country

FIELDS = ("street", "postal_code", "city", "country")

NOT_PARTED = Text(
    "The address has no postal code with a city that could be recognised. It was taken as the street; the "
    "customer was imported.",
    de="In der Anschrift ist keine Postleitzahl mit Ort zu erkennen. Sie wurde als Straße übernommen; der "
    "Kunde wurde importiert.",
)

_BETWEEN = re.compile(r"\s*[,;|\n·•]\s*|\s{2,}")
_CODE_AND_CITY = re.compile(r"(?:([A-Z]{1,3})\s?[-–]\s?)?(\d{4,5})\s+([^\W\d_].*)")
_CODE = re.compile(r"(?:([A-Z]{1,3})\s?[-–]\s?)?(\d{4,5})")
_STREET_THEN_CODE = re.compile(r"(.+\d+\s?[a-zA-Z]?)\s+((?:[A-Z]{1,3}-)?\d{4,5}\s+[^\W\d_].*)")
_REGION = re.compile(r"[A-Z]{2,3}")


class AddressCell:
    """A column with the whole address. What other columns say of it counts before it."""

    def __init__(self, column: str, index: int, *, clears: bool) -> None:
        self._column = column
        self._index = index
        self._clears = clears

    def read(self, draft: Draft) -> None:
        cell = draft.cell(self._index)
        if cell in CLEAR or (not cell and self._clears):
            for field in FIELDS:
                draft.customer.setdefault(field, None)
        elif cell:
            parts = split_address(cell)
            if parts is None:
                parts = {"street": " ".join(cell.split())}
                draft.remark(self._column, cell, NOT_PARTED)
            for field, value in parts.items():
                draft.customer.setdefault(field, value)


def split_address(text: str) -> dict[str, str] | None:
    """Return street, postal_code, city and country, as far as the text says them.

    None if it does not say a postal code (four or five digits) with a city: then nothing is certain.
    """
    parts = [part for part in _BETWEEN.split(text.strip()) if part]
    found: dict[str, str] = {}
    if len(parts) > 1 and (country := _country(parts[-1])):
        found["country"] = country
        parts.pop()
    for position in reversed(range(len(parts))):
        if taken := _city_at(parts, position, found):
            found |= taken
            break
    else:
        if len(parts) != 1 or not (joined := _STREET_THEN_CODE.fullmatch(parts[0])):
            return None
        parts = [joined[1], joined[2]]
        found |= _city_at(parts, 1, found) or {}
    if parts:
        found["street"] = ", ".join(parts)
    return found


def _city_at(parts: list[str], position: int, known: dict[str, str]) -> dict[str, str] | None:
    """Take postal code and city out of `parts`, if they stand there together or side by side."""
    part = parts[position]
    if both := _CODE_AND_CITY.fullmatch(part):
        plate, code, city = both.groups()
        del parts[position]
    elif alone := _CODE.fullmatch(part):
        plate, code = alone.groups()
        beside = position + 1 if position + 1 < len(parts) else position - 1
        if beside == position - 1 and beside > 1 and _REGION.fullmatch(parts[beside]):
            del parts[beside]
            beside, position = beside - 1, position - 1
        if beside < 0:
            return None
        city = parts[beside]
        for place in sorted((position, beside), reverse=True):
            del parts[place]
    else:
        return None
    country = known.get("country") or (plate and _country(plate))
    return {"postal_code": code, "city": city} | ({"country": country} if country else {})


def _country(part: str) -> str | None:
    try:
        return None if any(map(str.isdigit, part)) else parse_country(part)
    except ValueRefused:
        return None
