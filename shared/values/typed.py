"""Values by type, as attributes have them: one reading for API, form, import and console.

What is stored is plain JSON: text, several lines and a choice as a string, yes/no as a boolean, a whole
number as a number, a decimal as a string in canonical form ("1234.50"), a date as an ISO string.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from shared.errors import Text
from shared.values.dates import Order, parse_date
from shared.values.numbers import canonical_decimal, parse_integer, parse_yes_no
from shared.values.patterns import check_against, check_pattern
from shared.values.refused import refuse
from shared.values.text import LONGEST_LINE, LONGEST_TEXT, clean_text, sort_key

ValueType = Literal["text", "multiline", "yes_no", "integer", "decimal", "choice", "date"]
VALUE_TYPES: tuple[ValueType, ...] = get_args(ValueType)
Stored = str | bool | int
Parser = Callable[[object], Stored | None]

NOT_A_CHOICE = Text(
    "{value} is not one of the possible values: {choices}.",
    de="{value} gehört nicht zu den möglichen Werten: {choices}.",
)


def value_parser(
    type_: ValueType,
    *,
    choices: Sequence[str] = (),
    pattern: str | None = None,
    pattern_hint: str | None = None,
    date_order: Order = "day_first",
) -> Parser:
    """Return the function that turns raw input into what is stored, or raises ValueRefused.

    `None` and blank text become None (no value). What was stored reads back unchanged.
    """
    read = _reader(type_, choices, date_order)
    if pattern and type_ in ("text", "multiline"):
        check_pattern(pattern)
        plain = read

        def read(raw: object) -> Stored:
            value = plain(raw)
            check_against(pattern, str(value), hint=pattern_hint)
            return value

    def parse(raw: object) -> Stored | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return read(raw)

    return parse


def parse_value(
    type_: ValueType,
    raw: object,
    *,
    choices: Sequence[str] = (),
    pattern: str | None = None,
    pattern_hint: str | None = None,
) -> Stored | None:
    """Read one value. Who reads many of one kind takes `value_parser` once."""
    return value_parser(type_, choices=choices, pattern=pattern, pattern_hint=pattern_hint)(raw)


def _reader(
    type_: ValueType, choices: Sequence[str], date_order: Order
) -> Callable[[object], Stored]:
    readers: dict[ValueType, Callable[[object], Stored]] = {
        "text": lambda raw: clean_text(raw, longest=LONGEST_LINE),
        "multiline": lambda raw: clean_text(raw, longest=LONGEST_TEXT, multiline=True),
        "yes_no": parse_yes_no,
        "integer": parse_integer,
        "decimal": canonical_decimal,
        "date": lambda raw: parse_date(raw, order=date_order).isoformat(),
        "choice": _choice_reader(choices),
    }
    return readers[type_]


def _choice_reader(choices: Sequence[str]) -> Callable[[object], str]:
    exact = frozenset(choices)
    loose = {sort_key(choice): choice for choice in choices}

    def read(raw: object) -> str:
        text = clean_text(raw)
        if text in exact:
            return text
        choice = loose.get(sort_key(text))
        if choice is None:
            raise refuse(NOT_A_CHOICE, text, choices=", ".join(choices))
        return choice

    return read
