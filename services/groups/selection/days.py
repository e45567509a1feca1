"""Days in a filter: fixed or relative to today, as moments in the business's zone, and anniversaries."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta

from shared.errors import Text
from shared.values import ValueRefused, parse_date, refuse

# Some days, and a year of 366 days, are counted on from a day in a filter.
FIRST, LAST = date(1, 1, 2), date(9997, 12, 31)
WHOLE_YEAR = ("01-01", "12-31")

_RELATIVE = re.compile(r"([+-]\d{1,5})([dwmy])", re.ASCII)
NOT_A_DAY = Text(
    "{value} is not a day such as 2026-12-24, 24.12.2026, 'today', '-30d' or '+2w'.",
    de="{value} ist kein Tag wie 24.12.2026, 2026-12-24, 'today', '-30d' oder '+2w'.",
)
OUT_OF_REACH = Text(
    "{value} is not between {first} and {last}.",
    de="{value} liegt nicht zwischen {first} und {last}.",
)


def day(raw: object, today: date) -> date:
    """Read a day: as people write dates, `today`, or so many days, weeks, months or years before or after.

    A month that is too short ends earlier: a month after 31 January is the end of February. Raises
    ValueRefused.
    """
    if not isinstance(raw, str):
        raise refuse(NOT_A_DAY, raw)
    text = raw.strip().lower()
    if text == "today":
        return today
    if found := _RELATIVE.fullmatch(text):
        meant = _moved(today, int(found[1]), found[2], raw)
    else:
        try:
            meant = parse_date(text)
        except ValueRefused:
            raise refuse(NOT_A_DAY, raw) from None
    if not FIRST <= meant <= LAST:
        raise _out_of_reach(raw)
    return meant


def _moved(start: date, number: int, unit: str, raw: str) -> date:
    try:
        if unit in "dw":
            return start + timedelta(days=number * (7 if unit == "w" else 1))
        months = start.year * 12 + start.month - 1 + number * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(start.day, last))
    except (OverflowError, ValueError, IndexError):
        raise _out_of_reach(raw) from None


def _out_of_reach(raw: str) -> ValueRefused:
    return refuse(OUT_OF_REACH, raw, first=FIRST, last=LAST)


def begin(day_: date, now: datetime) -> datetime:
    """Return the day's first moment in the zone of `now`, in UTC."""
    return datetime.combine(day_, time(), now.tzinfo).astimezone(UTC)


def end(day_: date, now: datetime) -> datetime:
    """Return the first moment after the day."""
    return begin(day_ + timedelta(days=1), now)


def anniversaries(first: date, within_days: int) -> tuple[str, str]:
    """Return the first and last "MM-DD" of those who have their day from `first` on within so many days.

    Who was born on 29 February has it on 1 March where there is none (§ 187 (2), § 188 (2) BGB: a year of
    life ends with the day before).
    """
    if within_days >= 365:
        return WHOLE_YEAR
    begins = f"{first:%m-%d}"
    if begins == "03-01" and not calendar.isleap(first.year):
        begins = "02-29"
    last = first + timedelta(days=within_days)
    return begins, f"{last:%m-%d}"
