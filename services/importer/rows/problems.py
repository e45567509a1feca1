"""What is wrong with a row, said so that it can be corrected."""

from __future__ import annotations

from typing import NamedTuple

from shared.errors import Text
from shared.values import has_control_characters

LONGEST_VALUE = 200


class Problem(NamedTuple):
    """One thing that is wrong. `refused`: the row was not imported because of it."""

    line: int
    column: str | None
    value: str
    reason: Text
    refused: bool = True


def problem(
    line: int, column: str | None, value: str, reason: str, *, refused: bool = True
) -> Problem:
    """Return a problem with its value made showable. A plain `reason` is the same in both languages."""
    text = reason if isinstance(reason, Text) else Text(reason, de=reason)
    return Problem(line, column, showable(value), text, refused)


def showable(value: str) -> str:
    """Return the value short, and with nothing in it that a database cannot keep."""
    if has_control_characters(value):
        value = "".join("\ufffd" if has_control_characters(c) else c for c in value)
    return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
