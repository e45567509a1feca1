"""Numbers and yes/no as they are written in German-speaking countries, and in programs.

What is ambiguous is decided once, here:

- A comma alone is the decimal sign: `1,234` is one and a bit.
- A dot alone groups thousands if it can: `1.234` is one thousand two hundred and thirty-four, but
  `1234.50`, `0.125` and `12.5` have decimals, because no thousands are grouped like that.
- With both, the last one is the decimal sign and the other must group by threes: `1.234,50`, `1,234.50`.
- Spaces and apostrophes (`1'234.50`) group thousands too.

The canonical form has an even number of decimals (`12.5` → `12.50`, `1.2345` stays), so that it never
looks like a grouped thousand: what was stored reads back as the same number everywhere.
"""

from __future__ import annotations

import re
from decimal import Decimal

from shared.errors import Text
from shared.values.refused import refuse

MOST_DIGITS = 15
MOST_DECIMALS = 6
_LARGEST = 2**63

_NUMBER = re.compile(
    r"([+-]?)(?:"
    r"(\d{1,3}(?:\.\d{3})+)(?:,(\d*))?"  # 1.234 · 1.234.567,50
    r"|(\d{1,3}(?:,\d{3})+)\.(\d*)"  # 1,234.50
    r"|(\d{1,3}(?:,\d{3}){2,})"  # 1,234,567
    r"|(\d*)(?:[.,](\d*))?"  # 1234 · 12,5 · 1234.50 · ,5
    r")"
)
_LEADING_ZERO_GROUP = re.compile(r"([+-]?)(0\d*)\.(\d{3})")
_GAPS = re.compile(r"(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_CURRENCY = re.compile(r"^(?:€|eur)\s*|\s*(?:€|eur)$", re.IGNORECASE)
_PLAIN_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,14})")

NOT_A_NUMBER = Text(
    "{value} is not a number. Numbers look like 1.234,50 or 1234.50.",
    de="{value} ist keine Zahl. Zahlen sehen so aus: 1.234,50 oder 1234.50.",
)
NOT_AN_INTEGER = Text(
    "{value} is not a whole number.",
    de="{value} ist keine ganze Zahl.",
)
TOO_MANY_DIGITS = Text(
    "{value} has too many digits: {digits} before and {decimals} after the decimal sign are possible.",
    de="{value} hat zu viele Stellen: möglich sind {digits} vor und {decimals} nach dem Komma.",
)
TOO_LARGE = Text("{value} is too large.", de="{value} ist zu groß.")
NOT_YES_NO = Text(
    "{value} is neither yes nor no. Possible are ja/nein, x, 1/0, true/false.",
    de="{value} ist weder ja noch nein. Möglich sind ja/nein, x, 1/0, wahr/falsch.",
)

_YES_NO = {
    **dict.fromkeys(
        ("ja", "j", "x", "1", "true", "wahr", "yes", "y", "an", "on", "✓", "✔", "☑", "☒"), True
    ),
    **dict.fromkeys(("nein", "n", "0", "false", "falsch", "no", "aus", "off", "-", "☐"), False),
}


_CANONICAL = re.compile(
    r"-?[1-9][0-9]{0,11}(?:\.(?:[0-9]{2}){0,2}(?:[0-9][1-9]|[1-9]0))?", re.ASCII
)
"""What most numbers look like that come as they are stored; nobody could read them otherwise."""


def parse_decimal(raw: object) -> Decimal:
    """Read a number with decimals; what is ambiguous is decided in this module's docstring."""
    if isinstance(raw, str):
        whole, decimals, negative = _split(raw)
    elif isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        number = raw if isinstance(raw, Decimal) else Decimal(repr(raw))
        if not number.is_finite():
            raise refuse(NOT_A_NUMBER, raw)
        if number.adjusted() > MOST_DIGITS + MOST_DECIMALS:  # before "{:f}" writes out 1e999999
            raise refuse(TOO_MANY_DIGITS, raw, digits=MOST_DIGITS, decimals=MOST_DECIMALS)
        whole, _, decimals = f"{abs(number):f}".partition(".")
        negative = number < 0
    else:
        raise refuse(NOT_A_NUMBER, raw)
    whole, decimals = whole.lstrip("0") or "0", decimals.rstrip("0")
    if len(whole) > MOST_DIGITS or len(decimals) > MOST_DECIMALS:
        raise refuse(TOO_MANY_DIGITS, raw, digits=MOST_DIGITS, decimals=MOST_DECIMALS)
    if len(decimals) % 2:
        decimals += "0"
    sign = "-" if negative and (whole != "0" or decimals) else ""
    return Decimal(f"{sign}{whole}.{decimals}" if decimals else sign + whole)


def canonical_decimal(raw: object) -> str:
    """Return the one way a number is stored: `1.234,5` → `1234.50`. Reads its own output back."""
    if type(raw) is str and _CANONICAL.fullmatch(raw):
        return raw
    return str(parse_decimal(raw).__format__("f"))


def parse_integer(raw: object) -> int:
    """Read a whole number of at most 64 bits; `1.234` and `12,0` are whole, `12,5` is refused."""
    if type(raw) is int:
        number = raw
    elif isinstance(raw, str):
        text = raw.strip()
        if _PLAIN_INTEGER.fullmatch(text) and text.isascii():
            return int(text)
        whole, decimals, negative = _split(raw, NOT_AN_INTEGER)
        if decimals.strip("0"):
            raise refuse(NOT_AN_INTEGER, raw)
        number = int(whole or "0") * (-1 if negative else 1)
    elif isinstance(raw, float) and raw.is_integer():
        number = int(raw)
    else:
        raise refuse(NOT_AN_INTEGER, raw)
    if not -_LARGEST <= number < _LARGEST:
        raise refuse(TOO_LARGE, raw)
    return number


def _split(raw: str, refusal: Text = NOT_A_NUMBER) -> tuple[str, str, bool]:
    """Return the digits before and after the decimal sign, and whether there is a minus."""
    text = raw.strip()
    if len(text) > 60:
        raise refuse(refusal, raw)
    text = _CURRENCY.sub("", text).replace("\N{MINUS SIGN}", "-")
    text = _GAPS.sub("", text)
    # No thousands are grouped behind a zero: 0.125 is an eighth.
    found = _LEADING_ZERO_GROUP.fullmatch(text)
    if found and text.isascii():
        return found[2], found[3], found[1] == "-"
    found = _NUMBER.fullmatch(text)
    if not found or not text.isascii() or not any(map(str.isdigit, text)):
        raise refuse(refusal, raw)
    sign, german, german_rest, english, english_rest, english_whole, plain, plain_rest = (
        found.groups()
    )
    whole = (german or english or english_whole or plain or "").replace(".", "").replace(",", "")
    return whole, german_rest or english_rest or plain_rest or "", sign == "-"


def parse_yes_no(raw: object) -> bool:
    """Read ja/nein, x, 1/0, true/false, wahr/falsch, yes/no, on/off."""
    if isinstance(raw, bool):
        return raw
    answer = _YES_NO.get(raw.strip().lower()) if isinstance(raw, str) else None
    if answer is None and type(raw) is int and raw in (0, 1):
        answer = bool(raw)
    if answer is None:
        raise refuse(NOT_YES_NO, raw)
    return answer
