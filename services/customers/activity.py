"""What an activity may be: its kinds, where it comes from, and money as it is counted."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from services.customers import fields
from shared.errors import Text
from shared.values import parse_decimal, refuse

KINDS = ("visit", "order", "voucher", "booking", "call", "note", "mail", "form")
OWN_KINDS = (*KINDS, "sequence")
"""Also what only this system writes: that a sequence of mails began."""

OWN_SOURCE = "followup"
SOURCES = (*fields.SOURCES, OWN_SOURCE)
"""Where customers come from, and our own mails."""

VISITS = ("visit", "order", "voucher", "booking")
"""The customer was there, or will be: these make the last visit once their time has come."""

CONTACTS = (*VISITS, "call", "form")
"""Each is one contact from the moment it is recorded. Mails, sequences and notes are not: they are ours."""

MOST_UNITS = 10**12
"""Sums of tens of thousands of the largest amounts still fit 64 bits in cents."""

NOT_MONEY = Text(
    "{value} is not an amount of money: it has at most two decimals and twelve digits before them.",
    de="{value} ist kein Geldbetrag: möglich sind zwei Stellen nach dem Komma und zwölf davor.",
)
NOT_A_CURRENCY = Text(
    "{value} is not a currency such as EUR.", de="{value} ist keine Währung wie EUR."
)
_CURRENCY = re.compile("[A-Z]{3}")


class Money(NamedTuple):
    """An amount in hundredths of its currency; below zero for what was given back."""

    cents: int
    currency: str

    @property
    def amount(self) -> str:
        return f"{Decimal(self.cents).scaleb(-2):f}"

    def shown(self) -> dict[str, str]:
        return {"amount": self.amount, "currency": self.currency}


def read_cents(raw: Any) -> int:
    """Read an amount such as "12.50", "1.234,50" or 12.5. Raises ValueRefused."""
    amount = parse_decimal(raw)
    cents = amount * 100
    if abs(amount) >= MOST_UNITS or cents != int(cents):
        raise refuse(NOT_MONEY, raw)
    return int(cents)


def read_currency(raw: Any) -> str:
    """Read three letters of ISO 4217. Raises ValueRefused."""
    currency = raw.strip().upper() if isinstance(raw, str) and len(raw) < 20 else ""
    if not _CURRENCY.fullmatch(currency):
        raise refuse(NOT_A_CURRENCY, raw)
    return currency
