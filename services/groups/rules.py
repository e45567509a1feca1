"""What groups and attributes may be called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from shared.errors import Text
from shared.values import ValueRefused, clean_text, sort_key

LONGEST_NAME = 100
LONGEST_KEY = 63

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SLASH = Text(
    "cannot contain '/' or ' | ', nor begin or end with '|': they part groups in a path or a list",
    de="darf weder '/' noch ' | ' enthalten und nicht mit '|' beginnen oder enden: damit werden Gruppen "
    "getrennt",
)
_EMPTY = Text("cannot be empty", de="darf nicht leer sein")
_ID = Text("cannot look like an id (UUID)", de="darf nicht wie eine Kennung (UUID) aussehen")
_BAD_KEY = Text(
    "begins with a letter and has small letters (a-z), digits and '_', at most 63",
    de="beginnt mit einem Buchstaben und hat Kleinbuchstaben (a-z), Ziffern und '_', höchstens 63",
)


def group_name(raw: str) -> str:
    """Return the name as it is stored. Raises ValueRefused if no group can be called so."""
    name = clean_text(raw, longest=LONGEST_NAME)
    if not name:
        raise ValueRefused(_EMPTY)
    if "/" in name or " | " in name or name.startswith("|") or name.endswith("|"):
        raise ValueRefused(_SLASH)
    if is_id(name):
        raise ValueRefused(_ID)
    return name


def group_names(levels: Iterable[str]) -> list[str] | None:
    """Return a path's levels as they are stored, or None if no group can have such a path."""
    try:
        return [group_name(level) for level in levels]
    except ValueRefused:
        return None


def is_id(text: str) -> bool:
    """True if the text is a UUID in one of its spellings."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def attribute_key(raw: str) -> str:
    """Return the key if it can be one. Raises ValueRefused."""
    if not _KEY.fullmatch(raw):
        raise ValueRefused(_BAD_KEY)
    return raw


def key_from_label(label: str) -> str:
    """Return a key made from a label: "Nächster Besuch" becomes `naechster_besuch`."""
    key = re.sub(r"[^a-z0-9]+", "_", sort_key(label)).strip("_")
    return (key if key[:1].isalpha() else f"a_{key}")[:LONGEST_KEY].rstrip("_")
