"""What customers are recognised and looked for by: addresses, telephone numbers, how names sound."""

from __future__ import annotations

import re
from functools import lru_cache

import cologne_phonetics

from shared.values import ValueRefused, normalise_email, normalise_phone, search_forms, sort_key

_NOT_DIGITS = re.compile(r"\D+", re.ASCII)
_PHONE_LIKE = re.compile(r"[\d\s()+/.-]+", re.ASCII)
_TRUNK_ZERO = re.compile(r"\(0\)")
_SHORTENED = re.compile(r"\be\. ?[kv]\b\.?")
_LEGAL_FORMS = frozenset(
    (
        "gmbh", "mbh", "ag", "kg", "ohg", "ug", "gbr", "ev", "ek", "eg", "se", "co", "kgaa", "inc", "ltd",
        "llc", "sarl", "haftungsbeschraenkt", "firma", "fa", "und", "the",
    )
)  # fmt: skip
FEWEST_DIGITS = 6
"""A shorter number is an extension at best: many have it."""


def phone_key(phone: str | None, country: str) -> str | None:
    """Return what a telephone number is compared by: digits with the country code.

    `country` is where a number without one is from. None if there are too few digits to tell people apart.
    """
    if not phone:
        return None
    try:
        digits = normalise_phone(phone, country)[1:]
    except ValueRefused:
        digits = digits_of(phone)
    return digits if len(digits) >= FEWEST_DIGITS else None


def name_code(last_name: str | None, first_name: str | None, company: str | None) -> str | None:
    """Return how the name sounds in German, the same for Meier and Mayer; None without a name.

    A person goes by last and first name, anybody else by the company. Cologne phonetics (Postel 1969).
    """
    if last_name:
        return f"{_sound(last_name)} {_sound(first_name or '')}".strip() or None
    return _sound(company_name(company or "")) or None


@lru_cache(maxsize=65_536)
def company_name(company: str) -> str:
    """Return the company folded and without its legal form; as it is if it is nothing else."""
    found = re.findall(r"[^\W_]+", _SHORTENED.sub("", sort_key(company)))
    return " ".join([w for w in found if w not in _LEGAL_FORMS] or found)


@lru_cache(maxsize=65_536)
def _sound(name: str) -> str:
    # Umlauts as they are spelled out: Mueller is Müller. Digits stay, or "Filiale 1" were "Filiale 2".
    words = re.findall(r"[a-z]+|\d+", sort_key(name))
    return "-".join(w if w.isdigit() else _code(w) for w in words)


def _code(word: str) -> str:
    return "".join(code for _, code in cologne_phonetics.encode(word)) or word


def digits_of(text: str) -> str:
    """Return the digits without the zeros they begin with: those depend on where one calls from."""
    return _NOT_DIGITS.sub("", text).lstrip("0")


def email_key_of(raw: str) -> str | None:
    """Return what an address somebody looks for is compared by; None if it is none."""
    try:
        return normalise_email(raw)
    except ValueRefused:
        return None


def search_terms(q: str) -> list[tuple[str, ...]]:
    """Return the parts of which `Customer.search` must hold each, in one of its forms.

    A telephone number is one part, in any notation.
    """
    words = [q] if _PHONE_LIKE.fullmatch(q) else q.split()
    return [forms for word in words if (forms := _forms(word.strip()))]


def _forms(word: str) -> tuple[str, ...]:
    if _PHONE_LIKE.fullmatch(word):
        digits = digits_of(_TRUNK_ZERO.sub("", word))
        if digits:
            return (digits,)
    return search_forms(word)
