"""Dates as people and spreadsheets write them.

Day comes first (`24.12.2026`, `24/12/26`), year first is understood too (`2026-12-24`). Month first is
never guessed from one value, because `03/04/2026` would then be read in one way and `03/24/2026` in
another: who sees a whole column decides for all of it and says `order="month_first"`, or
`order="day_number"` for the bare numbers that Excel shows when a column has lost its format.

A year of two digits is read as Excel does (00 to 29: 2000s, 30 to 99: 1900s). With `latest` (birthdays),
a date after it is moved back a century.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from shared.errors import Text
from shared.values.refused import ValueRefused, refuse
from shared.values.text import sort_key

Order = Literal["day_first", "month_first", "day_number"]

NOT_A_DATE = Text(
    "{value} is not a date. Dates look like 24.12.2026 or 2026-12-24.",
    de="{value} ist kein Datum. Ein Datum sieht so aus: 24.12.2026 oder 2026-12-24.",
)
NO_SUCH_DAY = Text(
    "{value} does not exist in the calendar.", de="{value} gibt es im Kalender nicht."
)
MONTH_FIRST = Text(
    "{value} has no such month. If the month comes first here, please choose that for the column.",
    de="{value} hat keinen solchen Monat. Steht hier der Monat vorn, bitte das für die Spalte wählen.",
)
DAY_NUMBER = Text(
    "{value} is only a number. If it is Excel's day number, please choose that for the column.",
    de="{value} ist nur eine Zahl. Ist es Excels Tageszahl, bitte das für die Spalte wählen.",
)
IN_FUTURE = Text("{value} lies in the future.", de="{value} liegt in der Zukunft.")
NOT_A_MOMENT = Text(
    "{value} is not a date with time. It looks like 24.12.2026 18:30 or 2026-12-24T18:30:00Z.",
    de="{value} ist kein Datum mit Uhrzeit. So sieht es aus: 24.12.2026 18:30.",
)

_NUMERIC = re.compile(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})", re.ASCII)
_ISO = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?[\s-]*([^\W\d_]{3,9})\.?[\s,-]*(\d{4}|\d{2})")
_MONTH_NAMED_FIRST = re.compile(
    r"([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE
)
_WEEKDAY = re.compile(
    r"(?:mo(?:n(?:tag|day)?)?|die?(?:nstag)?|tue(?:sday)?|mi(?:ttwoch)?|wed(?:nesday)?|do(?:nnerstag)?|"
    r"thu(?:rsday)?|fr(?:eitag|i(?:day)?)?|sa(?:mstag|t(?:urday)?)?|sonnabend|so(?:nntag)?|sun(?:day)?)"
    r"(?:\.,?|,)?\s+(?=\w)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:[ T,]|(?<=\d),? )\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"(?:\s*Uhr)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar january jaenner janner jan",
            "februar february feber feb",
            "maerz march mar mrz mae maer",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_YEAR = 1000


def parse_date(raw: object, *, order: Order = "day_first", latest: date | None = None) -> date:
    """Read a date. A time of day behind it is left out if it is midnight, else the value is refused."""
    if isinstance(raw, date):
        return raw.date() if isinstance(raw, datetime) else raw
    if order == "day_number" and isinstance(raw, int | float | str):
        return _from_day_number(raw)
    if not isinstance(raw, str):
        raise refuse(NOT_A_DATE, raw)
    text = raw.strip()
    if len(text) > 40:
        raise refuse(NOT_A_DATE, raw)
    if ":" in text:
        clock = _TIME.search(text)
        if clock is None or any(map(int, filter(None, clock.groups()[:4]))):
            raise refuse(NOT_A_DATE, raw)
        text = text[: clock.start()]
    return _day(text, raw, order, latest)


def _day(text: str, raw: object, order: Order, latest: date | None) -> date:
    found = _NUMERIC.fullmatch(text)
    if found:
        first, _, second, year = found.groups()
        day, month = (second, first) if order == "month_first" else (first, second)
    elif found := _ISO.fullmatch(text):
        year, _, month, day = found.groups()
    elif found := _NAMED.fullmatch(text):
        day, name, year = found.groups()
        month = str(_MONTHS.get(sort_key(name), 0))
        if month == "0":
            raise refuse(NOT_A_DATE, raw)
    elif found := _MONTH_NAMED_FIRST.fullmatch(text):
        name, day, year = found.groups()
        month = str(_MONTHS.get(sort_key(name), 0))
        if month == "0":
            raise refuse(NOT_A_DATE, raw)
    elif found := _WEEKDAY.match(text):
        return _day(text[found.end() :], raw, order, latest)
    elif text.isascii() and text.isdigit() and len(text) == 5:
        raise refuse(DAY_NUMBER, raw)
    else:
        raise refuse(NOT_A_DATE, raw)
    result = _calendar_day(_full_year(year), int(month), int(day), raw)
    if latest is not None and result > latest:
        if len(year) == 4:
            raise refuse(IN_FUTURE, raw)
        result = _calendar_day(result.year - 100, result.month, result.day, raw)
    return result


def _calendar_day(year: int, month: int, day: int, raw: object) -> date:
    if year < _FIRST_YEAR:
        raise refuse(NOT_A_DATE, raw)
    try:
        return date(year, month, day)
    except ValueError:
        if month > 12 >= day:
            raise refuse(MONTH_FIRST, raw) from None
        raise refuse(NO_SUCH_DAY, raw) from None


def _full_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) < 30 else 1900)


def _from_day_number(raw: float | str) -> date:
    """Excel's day 1 is 1 January 1900; it believes in a 29 February 1900, hence nothing below 61."""
    text = str(raw).strip()
    if not re.fullmatch(r"\d{2,6}(?:[.,]\d{1,12})?", text, re.ASCII):
        raise refuse(NOT_A_DATE, raw)
    days = int(re.split("[.,]", text)[0])
    if not 61 <= days <= 200_000:
        raise refuse(NOT_A_DATE, raw)
    return _EXCEL_EPOCH + timedelta(days=days)


def parse_moment(
    raw: object, zone: tzinfo, *, order: Order = "day_first", latest: datetime | None = None
) -> datetime:
    """Read a date with or without time of day; without an offset it is meant in `zone`.

    The answer is aware. A bare date is its first moment in `zone`.
    """
    if isinstance(raw, datetime):
        moment = raw
    elif isinstance(raw, str) and len(raw) <= 60:
        moment = _moment(raw.strip(), raw, order)
    else:
        moment = datetime.combine(parse_date(raw, order=order), time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if latest is not None and moment > latest:
        raise refuse(IN_FUTURE, raw)
    return moment


def _moment(text: str, raw: object, order: Order) -> datetime:
    clock = _TIME.search(text)
    if clock is None:
        return datetime.combine(parse_date(text, order=order), time())
    hour, minute, second, fraction, offset = clock.groups()
    moment = "{}T{:0>2}:{}:{}.{:0<6}".format(
        _day(text[: clock.start()].strip(" ,"), raw, order, None),
        hour,
        minute,
        second or "00",
        (fraction or "0")[:6],
    )
    try:
        return datetime.fromisoformat(
            moment + ("+00:00" if offset in ("Z", "UTC", "GMT") else offset or "")
        )
    except ValueError:
        raise refuse(NOT_A_MOMENT, raw) from None


def guess_order(values: Sequence[str]) -> Order:
    """Decide for a whole column how its dates are written: what reads more of its values.

    Day first wins a draw.
    """
    readable = {order: sum(_reads(value, order) for value in values) for order in _ORDERS}
    return max(_ORDERS, key=lambda order: readable[order])


def order_told(value: str) -> Order | None:
    """Return the only order in which the value is a date; None if it is one in several, or in none."""
    readable = [order for order in _ORDERS if _reads(value, order)]
    return readable[0] if len(readable) == 1 else None


_ORDERS: tuple[Order, ...] = ("day_first", "month_first", "day_number")


def _reads(value: str, order: Order) -> bool:
    try:
        parse_date(value.split(" ", maxsplit=1)[0] if ":" in value else value, order=order)
    except ValueRefused:
        return False
    return True
