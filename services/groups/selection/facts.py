"""Conditions on what happened with a customer: history entries, activities and mails, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.groups.models import Scope
from services.groups.selection.comparing import SOURCES, Wrong, attribute_reader, kind_of, read_test
from services.groups.selection.names import Names
from services.groups.selection.tree import Activity, Count, History, Mail, Op, Test
from shared.errors import Text
from shared.values import ValueRefused, parse_decimal

ACTIVITY_KINDS = ("visit", "order", "voucher", "booking", "call", "note", "mail", "form")
MAIL_STATES = ("sent", "failed", "bounced")
_LINES = ("staff", "info", "action")
_AMOUNTS: tuple[Op, ...] = ("eq", "lt", "lte", "gt", "gte")
_MOST = 2**31 - 1

_OBJECT = Text("This is an object of conditions.", de="Das ist ein Objekt mit Bedingungen.")
_KNOWN = Text("Possible are {values}.", de="Möglich sind {values}.")
_COUNT = Text(
    'A count is an object such as {"gte": 2}, with whole numbers from 0.',
    de='Eine Anzahl ist ein Objekt wie {"gte": 2}, mit ganzen Zahlen ab 0.',
)
_ID = Text("This is not an id (UUID).", de="Das ist keine Kennung (UUID).")
_CURRENCY = Text(
    "A currency is three letters, such as EUR.", de="Eine Währung sind drei Buchstaben wie EUR."
)


def read_history(names: Names, raw: Mapping[str, Any]) -> History:
    asked = _object(
        raw["history"], "history", {"date", "since", "until", *_LINES, "text", "attributes"}
    )
    tests: list[tuple[str, Test]] = []
    for name, op in (("date", "eq"), ("since", "gte"), ("until", "lte")):
        if asked.get(name) is not None:
            told = {"op": op, "value": asked[name]}
            tests.append(("date", _test("date", asked[name], told, names.now, f"history.{name}")))
    for name in (*_LINES, "text"):
        if asked.get(name) is not None:
            told = {"op": "contains" if name == "text" else "eq", "value": asked[name]}
            tests.append((name, _test("text", asked[name], told, names.now, f"history.{name}")))
    values = _object(asked.get("attributes") or {}, "history.attributes", None)
    attributes = []
    for key, value in values.items():
        place = f"history.attributes.{key[:40]}"
        attribute = names.attribute(Scope.history, key, place)
        read = attribute_reader(attribute)
        told = {"op": "eq", "value": value}
        attributes.append((key, _test(kind_of(attribute), value, told, names.now, place, read)))
    return History(tuple(tests), tuple(attributes), _count(raw))


def read_activity(names: Names, raw: Mapping[str, Any]) -> Activity:
    asked = _object(
        raw["activity"], "activity", {"kind", "source", "since", "until", "revenue", "currency"}
    )
    currency = asked.get("currency")
    if currency is not None and not (isinstance(currency, str) and len(currency) == 3):
        raise Wrong("activity.currency", _CURRENCY)
    since, before = names.span(asked, "activity.")
    return Activity(
        kind=_one_of(asked.get("kind"), ACTIVITY_KINDS, "activity.kind"),
        source=_one_of(asked.get("source"), SOURCES, "activity.source"),
        since=since,
        before=before,
        revenue=_revenue(asked.get("revenue")),
        currency=currency,
        count=_count(raw),
    )


def read_mail(names: Names, raw: Mapping[str, Any]) -> Mail:
    asked = _object(raw["mail"], "mail", {"sequence", "mailing", "state", "since", "until"})
    since, before = names.span(asked, "mail.")
    return Mail(
        sequence_id=_id(asked.get("sequence"), "mail.sequence"),
        mailing_id=_id(asked.get("mailing"), "mail.mailing"),
        state=_one_of(asked.get("state"), MAIL_STATES, "mail.state"),
        since=since,
        before=before,
        count=_count(raw),
    )


def _test(
    kind: Any, value: Any, told: dict[str, Any], now: datetime, place: str, read: Any = None
) -> Test:
    """Read a plain value as `told`, or a comparison of its own, {"op": ..., "value": ...}."""
    if isinstance(value, dict):
        told = dict(_object(value, place, {"op", "value", "within_days"}))
    try:
        return read_test(kind, told, now, read)
    except Wrong as wrong:
        part = f"{place}.{wrong.part}" if isinstance(value, dict) else place
        raise Wrong(part, wrong.text) from None


def _object(raw: Any, place: str, known: set[str] | None) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise Wrong(place, _OBJECT)
    for key in raw.keys() - (raw.keys() if known is None else known):
        raise Wrong(f"{place}.{key[:40]}", _KNOWN.fill(values=", ".join(sorted(known or ()))))
    return raw


def _one_of(raw: Any, values: tuple[str, ...], place: str) -> str | None:
    if raw is not None and raw not in values:
        raise Wrong(place, _KNOWN.fill(values=", ".join(values)))
    return raw if raw is None else str(raw)


def _id(raw: Any, place: str) -> UUID | None:
    if raw is None:
        return None
    try:
        return UUID(raw)
    except (TypeError, ValueError, AttributeError):
        raise Wrong(place, _ID) from None


def _revenue(raw: Any) -> tuple[tuple[Op, Decimal], ...]:
    if raw is None:
        return ()
    asked = _object(raw, "activity.revenue", set(_AMOUNTS))
    amounts = []
    for op in _AMOUNTS:
        if op in asked:
            try:
                amounts.append((op, parse_decimal(asked[op])))
            except ValueRefused as refused:
                raise Wrong(f"activity.revenue.{op}", refused.text) from None
    return tuple(amounts)


def _count(raw: Mapping[str, Any]) -> Count:
    asked = raw.get("count")
    if asked is None:
        return Count()
    if not isinstance(asked, dict) or not asked or asked.keys() - set(_AMOUNTS):
        raise Wrong("count", _COUNT)
    if not all(type(number) is int and 0 <= number <= _MOST for number in asked.values()):
        raise Wrong("count", _COUNT)
    return Count(tuple((op, asked[op]) for op in _AMOUNTS if op in asked))
