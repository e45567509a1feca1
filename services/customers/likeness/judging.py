"""Judging a pair: what speaks for one person, what against, and how much that comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from rapidfuzz.distance import DamerauLevenshtein

from services.customers.likeness import names
from services.customers.likeness.names import Agreement

WEIGHTS = {
    "same_email": 0.75,
    "same_phone": 0.65,
    "same_name": 0.62,
    "name_sounds_alike": 0.60,
    "swapped_name": 0.58,
    "similar_name": 0.50,
    "same_last_name": 0.20,
    "same_company": 0.60,
    "similar_company": 0.50,
    "same_birthday": 0.50,
    "similar_birthday": 0.20,
    "same_address": 0.45,
}
"""How likely a reason alone makes one person of two. Reasons add up as independent chances do."""

DOUBTS = {
    "other_first_name": 0.30,
    "other_name": 0.15,
    "other_last_name": 0.70,
    "other_company": 0.80,
    "other_company_alone": 0.25,
    "other_birthday": 0.55,
    "other_generation": 0.40,
    "other_salutation": 0.60,
    "other_email": 0.85,
    "other_phone": 0.85,
    "other_address": 0.75,
}
"""What is left of that chance when something contradicts."""

CERTAIN = 95
"""The least score of an exact pair, and more than any other pair has."""


class Person(Protocol):
    """What a customer is compared by. Keys are those of `models.keys` and `email_key`."""

    salutation: str | None
    title: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    birthday: date | None
    email_key: str | None
    phone_key: str | None
    mobile_key: str | None
    name_code: str | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score`: 0 to 100. `exact`: one person beyond doubt. `reasons`: what speaks for it and what against."""

    score: int
    exact: bool
    reasons: tuple[str, ...]


def judge(a: Person | Any, b: Person | Any) -> Likeness:
    """Return how likely `a` and `b` are one person. The order does not matter; empty fields say nothing."""
    said = [*_of_names(a, b), *_of_contacts(a, b), *_of_origin(a, b)]
    reasons = [kind for kind in said if kind in WEIGHTS]
    doubts = [kind for kind in said if kind in DOUBTS]
    otherwise = 1.0
    for kind in reasons:
        otherwise *= 1.0 - WEIGHTS[kind]
    chance = 1.0 - otherwise
    for kind in doubts:
        chance *= DOUBTS[kind]
    exact = not doubts and _certain(a, b, reasons)
    score = round(100 * chance)
    score = max(score, CERTAIN) if exact else min(score, CERTAIN - 1)
    shown = tuple(kind.removesuffix("_alone") for kind in (*reasons, *doubts))
    return Likeness(score, exact, shown)


def _certain(a: Any, b: Any, reasons: list[str]) -> bool:
    reached = "same_email" in reasons or "same_phone" in reasons
    nameless = not any((_full(a), _full(b), a.company, b.company))
    if nameless:
        return "same_email" in reasons
    named = "same_name" in reasons or (not _full(a) and not _full(b) and "same_company" in reasons)
    if not named or "similar_birthday" in reasons or "similar_company" in reasons:
        return False
    return reached or ("same_birthday" in reasons and "same_address" in reasons)


def _full(person: Any) -> str:
    return f"{person.last_name or ''} {person.first_name or ''}".strip()


def _of_names(a: Any, b: Any) -> list[str]:
    company = names.companies(a.company, b.company)
    if not (_full(a) and _full(b)):
        alone = not _full(a) and not _full(b)
        kinds = {
            "same": "same_company",
            "alike": "similar_company",
            "different": "other_company_alone" if alone else "other_company",
        }
        return [kinds[company]] if company in kinds else []
    said = [_of_persons(a, b)]
    if company == "different":
        said.append("other_company")
    own = names.generation(a.first_name, a.last_name, a.title)
    if own != names.generation(b.first_name, b.last_name, b.title):
        said.append("other_generation")
    return [kind for kind in said if kind]


_EQUAL: tuple[Agreement, ...] = ("same", "alike")


def _of_persons(a: Any, b: Any) -> str | None:
    last = names.last_names(a.last_name, b.last_name)
    first = names.first_names(a.first_name, b.first_name)
    if last == first == "same":
        return "same_name"
    crossed = (
        names.last_names(a.last_name, b.first_name),
        names.last_names(a.first_name, b.last_name),
    )
    if crossed == ("same", "same"):
        return "swapped_name"
    if last == "different":
        return "other_name" if first in ("different", "unknown") else "other_last_name"
    return "other_first_name" if first == "different" else _of_likely_names(a, b, last, first)


def _of_likely_names(a: Any, b: Any, last: Agreement, first: Agreement) -> str | None:
    if last == "unknown":
        return None
    if first == "unknown":
        return "same_last_name" if last in _EQUAL else None
    sounds = a.name_code is not None and a.name_code == b.name_code
    return "name_sounds_alike" if sounds and last in _EQUAL and first in _EQUAL else "similar_name"


def _of_contacts(a: Any, b: Any) -> list[str]:
    said = []
    if a.email_key and b.email_key:
        said.append("same_email" if a.email_key == b.email_key else "other_email")
    one, other = _phones(a), _phones(b)
    if one & other:
        said.append("same_phone")
    elif _clash(a.phone_key, b.phone_key) or _clash(a.mobile_key, b.mobile_key):
        said.append("other_phone")
    return said


def _phones(person: Any) -> set[str]:
    return {key for key in (person.phone_key, person.mobile_key) if key}


def _clash(a: Any, b: Any) -> bool:
    return bool(a) and bool(b) and a != b


_ONE_PERSON = frozenset(("Herr", "Frau"))


def _of_origin(a: Any, b: Any) -> list[str]:
    said = []
    if a.birthday and b.birthday:
        said.append(_of_birthdays(a.birthday, b.birthday))
    street = names.streets(a.street, b.street)
    elsewhere = _clash(a.postal_code, b.postal_code) or (
        names.last_names(a.city, b.city) == "different" and street != "unknown"
    )
    placed = bool(a.postal_code and b.postal_code) or bool(a.city and b.city)
    if street == "different" or elsewhere:
        said.append("other_address")
    elif street in _EQUAL and placed:
        said.append("same_address")
    if {a.salutation, b.salutation} == _ONE_PERSON:
        said.append("other_salutation")
    return said


def _of_birthdays(a: date, b: date) -> str:
    if a == b:
        return "same_birthday"
    turned = (a.year, a.day, a.month) == (b.year, b.month, b.day)
    slip = DamerauLevenshtein.distance(a.isoformat(), b.isoformat(), score_cutoff=1) == 1
    return "similar_birthday" if turned or slip else "other_birthday"
