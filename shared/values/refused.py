"""How a value is refused: with a sentence in both languages that names the value and the way out."""

from __future__ import annotations

import re

from shared.errors import Text

LONGEST_SHOWN = 60
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class ValueRefused(ValueError):
    """A value that cannot be taken. `text` says why, in English and German."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


def refuse(text: Text, value: object = "", **more: object) -> ValueRefused:
    """Return (to be raised) the refusal `text` with its `{value}` shown as people would see it."""
    return ValueRefused(text.fill(value=shown(value), **more))


def shown(value: object) -> str:
    """Return the value in quotes, short, and without characters that could spoil a log or a page."""
    text = _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", str(value)[: LONGEST_SHOWN + 1])
    return f"'{text[:LONGEST_SHOWN]}…'" if len(text) > LONGEST_SHOWN else f"'{text}'"
