"""How alike two names are: words as they sound and are written in German, short forms, father and son."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from rapidfuzz.fuzz import ratio, token_sort_ratio

from services.customers.models.keys import company_name
from shared.values import sort_key

Agreement = Literal["same", "alike", "compatible", "unknown", "different"]
"""`alike`: written otherwise. `compatible`: an initial, a short form, a part. `unknown`: one is missing."""

ALIKE = 80
COMPANY_ALIKE = 88
SHORTEST_STEM = 3

_WORD = re.compile(r"[^\W_]+")
_TITLES = frozenset(("dr", "prof", "professor", "dipl", "ing", "mag", "med", "phil", "ba", "msc"))
_GENERATIONS = {
    **dict.fromkeys(("jr", "jun", "junior", "juniorin"), "junior"),
    **dict.fromkeys(("sr", "sen", "senior", "seniorin"), "senior"),
}
_SPELLINGS = (
    ("ph", "f"), ("th", "t"), ("dt", "t"), ("ck", "k"), ("tz", "z"), ("y", "i"), ("c", "k"), ("v", "f"),
    ("w", "f"), ("ai", "ei"), ("ie", "i"), ("ss", "s"),
)  # fmt: skip
_DOUBLE = re.compile(r"(.)\1")
_SILENT_H = re.compile(r"(?<=[aeiou])h|(?<=r)h")
_WOMEN = frozenset(("a", "e", "ia", "ie", "in", "ina", "ine", "ette", "nne", "anne", "s"))
"""What is put behind a name to make it another person's: Paul and Paula, Stefan and Stefanie."""
_PAIRS = frozenset((("er", "ra"), ("o", "a"), ("us", "a"), ("us", "e"), ("us", "ane"), ("i", "a")))
_SHORT_FORMS = {
    frozenset(pair)
    for long, shorts in {
        "alexander": "sascha xander", "andreas": "andi andy", "anton": "toni", "barbara": "baerbel babs",
        "christian": "chris", "cornelia": "conny nele", "elisabeth": "lisa elsbeth betty sissi liesel",
        "friedrich": "fritz", "gabriele": "gabi gaby", "georg": "schorsch", "hans": "johannes johann",
        "heinrich": "heiner heinz", "jakob": "jack", "johannes": "hannes", "josef": "sepp jupp",
        "katharina": "kathi kati katja", "klaus": "nikolaus", "ludwig": "lutz", "manfred": "manni",
        "margarete": "gretel grete", "michael": "michi micha mike", "monika": "moni",
        "robert": "bob", "rudolf": "rudi", "siegfried": "sigi", "stefanie": "steffi", "stefan": "steffen",
        "susanne": "susi", "theresa": "resi", "thomas": "tom tommy", "ulrich": "uli", "ursula": "uschi ulla",
        "wilhelm": "willi willy", "wolfgang": "wolf",
    }.items()
    for short in shorts.split()
    for pair in ((long, short),)
}  # fmt: skip


@lru_cache(maxsize=65_536)
def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, without titles and generations. Of Mr Sen they are all he has."""
    found = _WORD.findall(sort_key(name))
    return tuple(w for w in found if w not in _TITLES and w not in _GENERATIONS) or tuple(found)


@lru_cache(maxsize=65_536)
def generation(first_name: str | None, last_name: str | None, title: str | None) -> str:
    """Return `junior`, `senior` or nothing."""
    found = _WORD.findall(sort_key(title or ""))
    for name in (first_name, last_name):
        of_name = _WORD.findall(sort_key(name or ""))
        found += of_name if len(of_name) > 1 else []
    return next((_GENERATIONS[word] for word in found if word in _GENERATIONS), "")


@lru_cache(maxsize=65_536)
def _spelled(name: tuple[str, ...]) -> str:
    """Return the name with what is spelled in many ways spelled in one: Meier is Mayer."""
    text = "".join(name)
    text = re.sub("ey|ay", "ai", text)
    for old, new in _SPELLINGS:
        text = text.replace(old, new)
    return _SILENT_H.sub("", _DOUBLE.sub(r"\1", text))


def last_names(a: str | None, b: str | None) -> Agreement:
    """Compare family names. Of a double name one half may be missing."""
    one, other = words(a or ""), words(b or "")
    if not one or not other:
        return "unknown"
    if one == other:
        return "same"
    if ratio(_spelled(one), _spelled(other)) >= ALIKE:
        return "alike"
    if set(one) <= set(other) or set(other) <= set(one):
        return "compatible"
    return "different"


def first_names(a: str | None, b: str | None) -> Agreement:
    """Compare given names. Paul is not Paula, Tim is not Tom; J. may be Jörg, and Max Maximilian."""
    one, other = words(a or ""), words(b or "")
    if not one or not other:
        return "unknown"
    if one == other:
        return "same"
    if "".join(one) == "".join(other):
        return "alike"
    if set(one) <= set(other) or set(other) <= set(one):
        return "compatible"
    each = {_given(*sorted(pair)) for pair in zip(one, other, strict=False)}
    if "different" in each:
        return "different"
    return "alike" if len(one) == len(other) and each <= {"same", "alike"} else "compatible"


@lru_cache(maxsize=65_536)
def _given(a: str, b: str) -> Agreement:
    if a == b:
        return "same"
    short, long = sorted((a, b), key=len)
    if len(short) == 1:
        return "compatible" if long.startswith(short) else "different"
    if _of_two_genders(short, long):
        return "different"
    if frozenset((a, b)) in _SHORT_FORMS:
        return "compatible"
    if len(short) >= SHORTEST_STEM and long.startswith(short):
        return "compatible"
    return "alike" if ratio(_spelled((a,)), _spelled((b,))) >= ALIKE else "different"


def _of_two_genders(short: str, long: str) -> bool:
    if long.startswith(short) and long[len(short) :] in _WOMEN:
        return True
    shared = 0
    while shared < len(short) and short[shared] == long[shared]:
        shared += 1
    # The shared part may take in letters of both endings: Alexand-er and Alexand-ra.
    for cut in range(shared, max(0, shared - 2), -1):
        ends = (short[cut:], long[cut:])
        if cut >= SHORTEST_STEM and (ends in _PAIRS or ends[::-1] in _PAIRS):
            return True
    return False


def companies(a: str | None, b: str | None) -> Agreement:
    """Compare companies without their legal forms. "Filiale 1" is not "Filiale 2"."""
    one, other = company_name(a or ""), company_name(b or "")
    if not one or not other:
        return "unknown"
    if one == other:
        return "same"
    if _numbers(one) != _numbers(other):
        return "different"
    return "alike" if token_sort_ratio(one, other) >= COMPANY_ALIKE else "different"


def _numbers(name: str) -> list[str]:
    return sorted(w for w in name.split() if any(c.isdigit() for c in w))


@lru_cache(maxsize=65_536)
def _street(street: str) -> tuple[str, tuple[str, ...]]:
    text = re.sub(r"str(?:\.|asse\b|\b)", "str", sort_key(street))
    numbers = re.findall(r"\d+\s*[a-z]?\b", text)
    return re.sub(r"[^a-z]", "", re.sub(r"\d.*", "", text)), tuple(
        n.replace(" ", "") for n in numbers
    )


def streets(a: str | None, b: str | None) -> Agreement:
    """Compare streets with their numbers: Hauptstr. 5 is Hauptstraße 5, but not Hauptstraße 7."""
    if not a or not b:
        return "unknown"
    (one, number), (other, number_) = _street(a), _street(b)
    if number != number_:
        return "different"
    if one == other:
        return "same"
    return "alike" if ratio(one, other) >= COMPANY_ALIKE else "different"
