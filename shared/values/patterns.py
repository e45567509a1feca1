"""Patterns that users write, matched in linear time by RE2: none can hang a service."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from shared.errors import Text
from shared.values.refused import refuse

LONGEST_PATTERN = 200
LONGEST_VALUE = 1_000
LARGEST_PROGRAM = 5_000
"""A character takes a step at most for each instruction: with a value of full length some 40 ms."""

PATTERN_TOO_LONG = Text(
    "A pattern may have {limit} characters, this one has {length}.",
    de="Ein Muster darf {limit} Zeichen haben, dieses hat {length}.",
)
NOT_A_PATTERN = Text(
    "{value} is not a usable pattern: {reason}. Look-ahead, look-behind and back-references are not "
    "possible.",
    de="{value} ist kein brauchbares Muster: {reason}. Vorausschau, Rückschau und Rückverweise sind "
    "nicht möglich.",
)
TOO_ELABORATE = Text(
    "{value} is too elaborate: it comes to {size} instructions, {limit} are possible. Fewer or smaller "
    "repetitions help.",
    de="{value} ist zu aufwendig: es ergibt {size} Anweisungen, möglich sind {limit}. Weniger oder kleinere "
    "Wiederholungen helfen.",
)
NO_MATCH = Text(
    "{value} does not match the pattern {pattern}.", de="{value} passt nicht zum Muster {pattern}."
)
NO_MATCH_HINT = Text(
    "{value} is not possible here: {hint}", de="{value} ist hier nicht möglich: {hint}"
)
TOO_LONG_TO_MATCH = Text(
    "{value} is too long to be checked: {limit} characters are possible.",
    de="{value} ist zu lang zum Prüfen: möglich sind {limit} Zeichen.",
)


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that RE2 cannot take, or that is too long or takes too long."""
    if len(pattern) > LONGEST_PATTERN:
        raise refuse(PATTERN_TOO_LONG, limit=LONGEST_PATTERN, length=len(pattern))
    _compiled(pattern)


def check_against(pattern: str, value: str, *, hint: str | None = None) -> None:
    """Refuse a value that does not match the pattern as a whole. `hint` is the owner's explanation."""
    if len(value) > LONGEST_VALUE:
        raise refuse(TOO_LONG_TO_MATCH, value, limit=LONGEST_VALUE)
    if not _compiled(pattern).fullmatch(value):
        if hint:
            raise refuse(NO_MATCH_HINT, value, hint=hint)
        raise refuse(NO_MATCH, value, pattern=pattern)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20  # a program that needs more is refused, not built
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        raise refuse(NOT_A_PATTERN, pattern, reason=_reason(error)) from None
    if compiled.programsize > LARGEST_PROGRAM:
        raise refuse(TOO_ELABORATE, pattern, size=compiled.programsize, limit=LARGEST_PROGRAM)
    return compiled


def _reason(error: Exception) -> str:
    detail = error.args[0] if error.args else error
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
