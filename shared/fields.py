"""marshmallow fields that refuse what a database or a reader could not take, alike on both databases."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from shared.errors import Text

INT64 = 2**63 - 1

_CONTROL = Text("contains control characters", de="enthält Steuerzeichen")
_NUMBER = Text("is too large a number", de="ist eine zu große Zahl")
_MOMENT = Text(
    "is not a moment with time zone, such as 2026-11-22T09:34:00Z",
    de="ist kein Zeitpunkt mit Zeitzone wie 2026-11-22T09:34:00Z",
)
_AMOUNT = Text('is not an amount such as "12.50"', de='ist kein Betrag wie "12.50"')


class Schema(ma.Schema):
    """A schema that refuses fields it does not know."""

    class Meta:
        unknown = ma.RAISE


def clean(text: str, *, lines: bool = False) -> str:
    """Return the text in Unicode's composed form (NFC) without white space around it.

    Raises ValidationError for control characters and lone surrogates; `lines` allows line breaks and tabs.
    """
    allowed = "\n\r\t" if lines else ""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
            raise ValidationError(_CONTROL)
    return unicodedata.normalize("NFC", text).strip()


class Str(ma.fields.String):
    """Text of one line with at most `max` characters, trimmed. `lines=True` allows several lines."""

    def __init__(
        self,
        *,
        max: int,  # noqa: A002
        min: int = 0,  # noqa: A002
        lines: bool = False,
        **kwargs: Any,
    ) -> None:
        given = kwargs.pop("validate", [])
        validators = list(given) if isinstance(given, list | tuple) else [given]
        super().__init__(validate=[ma.validate.Length(min=min, max=max), *validators], **kwargs)
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs), lines=self.lines)


class Integer(ma.fields.Integer):
    """A whole number that fits 64 bits. A JSON number like 1.5 or text is refused, in a query it is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool | float):
            raise self.make_error("invalid", input=value)
        if isinstance(value, str) and len(value) > 20:
            raise ValidationError(_NUMBER)
        number: int = super()._deserialize(value, attr, data, **kwargs)
        if abs(number) > INT64:
            raise ValidationError(_NUMBER)
        return number


class Boolean(ma.fields.Boolean):
    """true or false; in a query also the words."""

    truthy = {True, "true"}
    falsy = {False, "false"}


class Moment(ma.fields.Field[datetime]):
    """An aware moment; written as RFC 3339 in UTC with a Z."""

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else moment_text(value)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None or moment.year < 1900:
                raise ValidationError(_MOMENT)
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise ValidationError(_MOMENT) from None


def moment_text(value: datetime) -> str:
    """Return the moment as RFC 3339 in UTC, such as 2026-11-22T09:34:00Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Amount(ma.fields.Field[Decimal]):
    """Money's amount: text with at most two decimals, up to twelve digits before them."""

    def _serialize(self, value: Decimal | None, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Decimal:
        try:
            if not isinstance(value, str) or len(value) > 16:
                raise ValidationError(_AMOUNT)
            amount = Decimal(value)
            if not amount.is_finite() or amount != round(amount, 2) or abs(amount) >= 10**12:
                raise ValidationError(_AMOUNT)
        except InvalidOperation:
            raise ValidationError(_AMOUNT) from None
        return amount


class MoneySchema(Schema):
    """{"amount": "12.50", "currency": "EUR"}"""

    amount = Amount(required=True)
    currency = Str(
        max=3, load_default="EUR", validate=ma.validate.Regexp(r"[A-Z]{3}\Z"), dump_default="EUR"
    )
