"""One column for the whole name: salutation, titles, first and last name, or a company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from services.importer.rows.cells import CLEAR
from services.importer.rows.draft import Asked, Draft
from shared.values import parse_salutation

_BEFORE_LAST = frozenset(
    {
        "von",
        "van",
        "zu",
        "zum",
        "zur",
        "vom",
        "de",
        "der",
        "den",
        "di",
        "da",
        "del",
        "la",
        "le",
        "ten",
    }
)
_SALUTATIONS = frozenset(
    (
        "herr", "herrn", "hr", "frau", "fr", "fräulein", "mr", "mister", "mrs", "ms", "miss", "mx", "familie",
        "fam", "eheleute", "ehepaar",
    )
)  # fmt: skip
_SEVERAL_PEOPLE = frozenset({"familie", "fam", "eheleute", "ehepaar"})
_AND = frozenset({"und", "u", "and", "&", "+"})
_TITLES = frozenset(("dr", "prof", "professor", "doktor", "dres"))
_TITLES_WITH_DOT = frozenset(("mag", "ing", "dipl", "univ", "lic", "pd", "bakk"))
_AFTER_A_TITLE = frozenset(
    (
        "med", "dent", "vet", "rer", "nat", "phil", "jur", "pol", "oec", "hc", "h", "c", "mult", "habil",
        "ing", "dr", "iur", "theol", "pharm", "sc", "techn", "mag", "fh", "publ", "soc",
    )
)  # fmt: skip
_FIRM = frozenset({"firma", "fa"})
_LEGAL_FORMS = frozenset(
    (
        "gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "gbr", "ug", "e.v.", "e.k.", "e.u.", "eg", "ltd", "ltd.",
        "inc", "inc.", "llc", "gesmbh", "sarl", "stiftung", "verein",
    )
)  # fmt: skip
_FORM_IN_CAPITALS = frozenset({"AG", "KG", "UG", "SE", "EG", "eG"})


class WholeName(NamedTuple):
    """What a name consists of; empty where it does not say."""

    salutation: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""


class NameCell:
    """A column with the whole name. What other columns say of the person counts before it."""

    def __init__(self, index: int, *, clears: bool) -> None:
        self._index = index
        self._clears = clears

    def read(self, draft: Draft) -> None:
        name = draft.cell(self._index)
        if name in CLEAR or (not name and self._clears):
            draft.customer.setdefault("first_name", None)
            draft.customer.setdefault("last_name", None)
        elif name:
            for field, value in split_name(name)._asdict().items():
                if value:
                    draft.customer.setdefault(field, value)


class SalutationCell:
    """Salutation and titles in one column, as Outlook has them: "Frau Dr."."""

    def __init__(self, index: int) -> None:
        self._index = index

    def salutation(self, cell: str) -> str:
        """Return the salutation. Raises Asked if there is a title beside it."""
        if _titled(cell) is not None:
            raise Asked(self)
        return parse_salutation(cell)

    def read(self, draft: Draft) -> None:
        salutation, title = _titled(draft.cell(self._index)) or ("", "")
        if salutation:
            draft.customer["salutation"] = salutation
        draft.customer.setdefault("title", title)


def split_name(name: str) -> WholeName:
    """Take a name apart: "Meier, Anna" and "Anna Meier" are the same, "von" belongs to the last name."""
    words = name.split()
    if words and _plain(words[0]) in _FIRM and len(words) > 1:
        return WholeName(company=" ".join(words[1:]))
    if any(map(_is_legal_form, words)) or _and_company(words):
        return WholeName(company=" ".join(words))
    before, comma, behind = " ".join(words).partition(",")
    salutation, title, rest = _without_titles(before.split())
    if comma and rest:
        more_salutation, more_title, first = _without_titles(behind.replace(",", " ").split())
        # "Heide, Anna von der"
        while first and first[-1].lower() in _BEFORE_LAST:
            rest.insert(0, first.pop())
        return WholeName(
            " ".join(filter(None, (salutation, more_salutation))),
            " ".join(filter(None, (title, more_title))),
            " ".join(first),
            " ".join(rest),
        )
    if not rest:
        return (
            WholeName(salutation, title, "", name.strip(" ,"))
            if title
            else WholeName(last_name=" ".join(words))
        )
    start = len(rest) - 1
    least = 0 if salutation or title else 1
    while start > least and rest[start - 1].lower() in _BEFORE_LAST:
        start -= 1
    if any(_plain(word) in _SEVERAL_PEOPLE for word in salutation.split()):
        start = 0
    return WholeName(salutation, title, " ".join(rest[:start]), " ".join(rest[start:]))


def _without_titles(words: Sequence[str]) -> tuple[str, str, list[str]]:
    """Return the salutation and the titles that the words begin with, and the other words."""
    end = 0
    while end < len(words) and (
        _plain(words[end]) in _SALUTATIONS or (end and _plain(words[end]) in _AND)
    ):
        end += 1
    salutation = parse_salutation(" ".join(words[:end])) if end else ""
    first = end
    while end < len(words) and _is_title(words[end], behind_another=end > first):
        end += 1
    return salutation, " ".join(words[first:end]), list(words[end:])


def _is_title(word: str, *, behind_another: bool) -> bool:
    plain = _plain(word)
    first = plain.partition("-")[0].partition(".")[0]
    return (
        plain in _TITLES
        or ("." in word and (first in _TITLES or first in _TITLES_WITH_DOT))
        or (behind_another and first in _AFTER_A_TITLE)
    )


def _is_legal_form(word: str) -> bool:
    word = word.strip(",()")
    if word.upper() in _FORM_IN_CAPITALS or word == "eG":
        return word in _FORM_IN_CAPITALS
    return word.lower() in _LEGAL_FORMS


def _and_company(words: Sequence[str]) -> bool:
    return any(
        _plain(word) in ("co", "söhne", "sohn", "partner") and _plain(before) in _AND
        for before, word in pairwise(words)
    )


def _plain(word: str) -> str:
    return word.lower().strip(".,()")


def _titled(cell: str) -> tuple[str, str] | None:
    """Return salutation and title; None if there is no title, or something else beside it."""
    words = re.sub(r"\.(?=[^\W\d_])", ". ", cell).split()
    salutation, title, rest = _without_titles(words)
    return (salutation, title) if title and not rest else None
