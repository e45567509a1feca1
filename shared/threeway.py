"""What was edited in a copy, and what was changed here since the copy was taken.

A value that is still as it was then was not edited; one that nobody has changed here since may be
overwritten; where both have changed, a person has to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.errors import Text

KEPT = Text(
    "Changed here meanwhile and not in the file: it stays {here}, not {given}.",
    de="Inzwischen hier geändert, in der Datei nicht: es bleibt {here}, nicht {given}.",
)
CHANGED_BY_BOTH = Text(
    "Changed here meanwhile to {here}, in the file to {given}.",
    de="Inzwischen hier in {here} geändert, in der Datei in {given}.",
)
SHOWN_CHARACTERS = 200


class Edit(NamedTuple):
    """`values` are edited in the copy alone, `kept` were changed here alone, `clashes` on both sides."""

    values: dict[str, Any]
    kept: dict[str, list[Text]]
    clashes: dict[str, list[Text]]


def edited(
    given: Mapping[str, Any],
    here: Callable[[str], Any],
    was: Callable[[str], Any],
    *,
    clash: Text = CHANGED_BY_BOTH,
) -> Edit:
    """Sort what the copy gives, by name; what is the same on both sides is left out.

    `here` and `was` tell a value as it is now and as it was when the copy was taken. `clash` is what is said
    of a value that has changed on both sides, with {here} and {given}.
    """
    edit = Edit({}, {}, {})
    for name, value in given.items():
        now = here(name)
        if value == now:
            continue
        before = was(name)
        if value == before:
            edit.kept[name] = [told(KEPT, now, value)]
        elif now == before:
            edit.values[name] = value
        else:
            edit.clashes[name] = [told(clash, now, value)]
    return edit


def told(text: Text, here: Any, given: Any) -> Text:
    """Return the text with both values in it, as a reader may see them."""
    return text.fill(here=_shown(here), given=_shown(given))


def _shown(value: Any) -> str:
    return "—" if value is None else f"'{str(value)[:SHOWN_CHARACTERS]}'"
