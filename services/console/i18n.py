"""The reader's language, and dates and numbers as this reader writes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, current_app, has_request_context, request, session
from flask_babel import Babel, get_locale
from flask_babel import format_date as babel_date
from flask_babel import format_datetime as babel_datetime
from flask_babel import format_decimal as babel_decimal
from flask_login import current_user

LANGUAGES = {"de": "Deutsch", "en": "English"}
DEFAULT = "de"


def init(app: Flask, timezone: str) -> None:
    app.config.setdefault(
        "BABEL_TRANSLATION_DIRECTORIES", f"{__file__.rpartition('/')[0]}/translations"
    )
    Babel(
        app,
        default_locale=DEFAULT,
        default_timezone=timezone,
        locale_selector=language,
        timezone_selector=lambda: timezone,
    )
    app.jinja_env.filters.update(day=day, moment=moment, number=number, amount=amount)


def language() -> str:
    """Return the language the reader has chosen, else German: browsers are often set to English."""
    if has_request_context():
        chosen = session.get("language") or getattr(current_user, "language", None)
        if chosen in LANGUAGES:
            return str(chosen)
        if request.path.startswith("/api/"):
            return request.accept_languages.best_match(list(LANGUAGES), "en") or "en"
    return DEFAULT


def day(value: Any) -> str:
    """Show a date, or the day of a moment, as 24.12.2026."""
    parsed = _parsed(value)
    return "" if parsed is None else babel_date(parsed, "medium")


def moment(value: Any) -> str:
    """Show a moment in the business's time zone, as 24.12.2026, 18:30."""
    parsed = _parsed(value)
    if parsed is None:
        return ""
    if not isinstance(parsed, datetime):
        return babel_date(parsed, "medium")
    return babel_datetime(
        parsed, "dd.MM.yyyy, HH:mm" if str(get_locale()) == "de" else "d MMM yyyy, HH:mm"
    )


def number(value: Any) -> str:
    """Show a number with the reader's separators: 1.234,5."""
    try:
        return "" if value in (None, "") else babel_decimal(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def amount(value: Any) -> str:
    """Show money as the API gives it: {"amount": "12.50", "currency": "EUR"}."""
    if not isinstance(value, dict):
        return ""
    return f"{babel_decimal(Decimal(value['amount']), '#,##0.00')} {value['currency']}"


def _parsed(value: Any) -> date | datetime | None:
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return value
    try:
        text = str(value)
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        current_app.logger.warning("not a date: %r", value)
        return None
