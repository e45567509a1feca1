"""Cells as text that every later reader takes for the same value.

Numbers have no exponent and never look like a grouped thousand, dates are ISO, so that nobody has to guess
which of day and month comes first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

DIGITS = 15
"""What a spreadsheet shows of a number; the rest is the computer's rounding."""

LARGEST = 1e21
_LAST_SECOND = datetime.max.replace(microsecond=0)  # noqa: DTZ901 - cells know no zones
"""Behind it there is nothing to round up to; some programs mean "for ever" by it."""
_GROUPED = re.compile(r"-?\d{1,3}\.\d{3}")
_LINE_END = re.compile(r"\r\n?")

Value = str | bool | int | float | date | datetime | time | timedelta


def text_of(value: Value) -> str:
    """Return a cell's text, empty if there is nothing in it."""
    return _AS_TEXT.get(type(value), str)(value)


def _text(value: str) -> str:
    return value if "\r" not in value else _LINE_END.sub("\n", value)


def _yes_no(value: bool) -> str:
    return "ja" if value else "nein"


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < LARGEST:
        return str(int(value))
    if not math.isfinite(value):
        return ""
    text = f"{value:.{DIGITS}g}"
    if "e" in text and 1e-9 < abs(value) < LARGEST:
        text = f"{Decimal(text):f}"
    # 1.234 would be read as one thousand two hundred and thirty-four.
    return text + "0" if _GROUPED.fullmatch(text) else text


def _moment(value: datetime) -> str:
    if value.microsecond:
        # Half a day is a fraction of two; 18:30 may come as 18:29:59.999.
        value = min(value, _LAST_SECOND) + timedelta(microseconds=500_000)
        value = value.replace(microsecond=0)
    if value.time() == time():
        return value.date().isoformat()
    return value.isoformat(" ")


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _duration(value: timedelta) -> str:
    seconds = round(abs(value.total_seconds()))
    sign = "-" if value < timedelta() and seconds else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_AS_TEXT: dict[type, Callable[[Any], str]] = {
    str: _text,
    bool: _yes_no,
    float: _number,
    datetime: _moment,
    time: _clock,
    timedelta: _duration,
}
