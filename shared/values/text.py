"""Text as people type it: what may be in it, and the keys it is sorted and found by."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from shared.errors import Text
from shared.values.refused import refuse

LONGEST_LINE = 1_000
LONGEST_TEXT = 10_000
NAME = 60
"""Characters that nearly all names keep below."""

# C0 and C1 controls, lone surrogates and non-characters: PostgreSQL, XML and mail refuse or mangle them.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAK = re.compile(r"\r\n?|[\n\u2028\u2029]")

NOT_TEXT = Text("{value} is not text.", de="{value} ist kein Text.")
CONTROL = Text(
    "{value} contains an invisible control character. Please type it again.",
    de="{value} enthält ein unsichtbares Steuerzeichen. Bitte neu eingeben.",
)
TOO_LONG = Text(
    "{value} is too long: {length} characters, {limit} are possible.",
    de="{value} ist zu lang: {length} Zeichen, möglich sind {limit}.",
)
ONE_LINE = Text(
    "{value} has a line break, but only one line is possible here.",
    de="{value} enthält einen Zeilenumbruch, hier ist aber nur eine Zeile möglich.",
)


def clean_text(raw: object, *, longest: int = LONGEST_LINE, multiline: bool = False) -> str:
    """Return the text trimmed, in NFC, line breaks as `\\n`.

    Refuses control characters, lone surrogates, what is longer than `longest`, and line breaks unless
    `multiline`.
    """
    if type(raw) is not str:
        if not isinstance(raw, str):
            raise refuse(NOT_TEXT, raw)
        raw = str(raw)
    text = raw.strip()
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        if _FORBIDDEN.search(text):
            raise refuse(CONTROL, text)
        text = _LINE_BREAK.sub("\n", text)
        if not multiline:
            if "\n" in text:
                raise refuse(ONE_LINE, text)
            text = text.replace("\t", " ")
    if len(text) > longest:
        raise refuse(TOO_LONG, text, length=len(text), limit=longest)
    return text


def has_control_characters(text: str) -> bool:
    """True if the text holds what no field can store (line breaks and tabs are not meant)."""
    return not text.isprintable() and _FORBIDDEN.search(text) is not None


_LETTERS = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "å": "a",
        "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h", "ŋ": "n", "ĸ": "k",
    }
)  # fmt: skip


def sort_key(text: str) -> str:
    """Return what the text is sorted and compared by: lower case, `ä`→`ae`, `ß`→`ss`, no accents.

    "Müller" and "MUELLER" have the same key; "Muller" has another one (see `search_key`).
    """
    if text.isascii():
        return text.lower()
    return _name_spelled_out(text) if len(text) <= NAME else _spelled_out(text)


def _spelled_out(text: str) -> str:
    # Composed first (a + ¨ is an ä), then the German letters, then every accent that is left.
    text = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_name_spelled_out = lru_cache(maxsize=8_192)(_spelled_out)
"""Names come again and again: in a file, and several times for each customer."""


def name_sort(last_name: str | None, first_name: str | None, otherwise: str) -> str:
    """Return what a person is sorted by: last and first name, else what they are known by `otherwise`.

    As in a German telephone book (DIN 5007-2): ä as ae, ß as ss, no case, no accents. All of one last name
    come together by their first names, and after them the double names that begin with it.
    """
    if not last_name and not first_name:
        return sort_key(otherwise)
    last = sort_key(last_name or "").replace(" ", "-")
    return f"{last} {sort_key(first_name or '')}".strip()


def search_term(text: str) -> str:
    """Return what to look for when someone types `text`: `ue` counts as `u`, as in `search_key`."""
    return _folded(sort_key(text))


def search_forms(text: str) -> tuple[str, ...]:
    """Return the forms of which a `search_key` holds one if `text` is a part of what it was made of.

    A part that begins inside an `ae` ("el-Müller" of "Raphael-Müller") is only in the sort key.
    """
    key = sort_key(text)
    folded = _folded(key)
    return (folded, key) if key.startswith("e") and key != folded else (folded,) if folded else ()


def search_key(text: str) -> str:
    """Return what is stored to be searched for parts of `text`.

    It holds the sort key and, where it differs, the same with `ae oe ue` as `a o u`, so that
    `search_term("Müller")`, `("Mueller")` and `("muller")` are all found in `search_key("Müller")`.
    """
    key = sort_key(text)
    folded = _folded(key)
    return key if folded == key else f"{key} {folded}"


def _folded(key: str) -> str:
    return key.replace("ae", "a").replace("oe", "o").replace("ue", "u")
