"""Attributes of bookings and history entries: the copy of their definitions, and reading values by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.models import attributes
from shared.db import bulk_upsert
from shared.errors import Invalid, Text
from shared.values import ValueRefused, value_parser

SCOPES = ("booking", "history")


@dataclass(frozen=True, kw_only=True)
class AttributeNews:
    """An attribute as it is at one version. Of a removed one only its scope and key are known."""

    attribute_id: UUID
    version: int
    scope: str
    key: str
    label: dict[str, str] = field(default_factory=dict)
    type: str = "text"
    choices: list[str] = field(default_factory=list)
    required: bool = False
    pattern: str | None = None
    pattern_hint: str | None = None
    position: int = 0
    removed: bool = False


_COLUMNS = (
    "id", "version", "scope", "key", "label", "type", "choices", "required", "pattern", "pattern_hint",
    "position", "removed",
)  # fmt: skip


def learn_attributes(session: Session, news: Iterable[AttributeNews]) -> None:
    """Take over what is newer than what we know. A removed attribute stays known as removed."""
    latest: dict[UUID, AttributeNews] = {}
    for one in news:
        known = latest.get(one.attribute_id)
        if one.scope in SCOPES and (known is None or _newness(one) > _newness(known)):
            latest[one.attribute_id] = one
    bulk_upsert(
        session,
        attributes,
        _COLUMNS,
        [
            (
                one.attribute_id,
                one.version,
                one.scope,
                one.key,
                one.label,
                one.type,
                one.choices,
                one.required,
                one.pattern,
                one.pattern_hint,
                one.position,
                one.removed,
            )
            for one in sorted(latest.values(), key=lambda one: one.attribute_id)
        ],
        key=("id",),
        where="new.version > old.version",
    )


def _newness(news: AttributeNews) -> tuple[int, bool]:
    return news.version, news.removed


def read_values(
    session: Session,
    scope: str,
    given: Mapping[str, Any],
    *,
    stored: Mapping[str, Any] | None = None,
    complete: bool,
) -> dict[str, Any]:
    """Return the values as they are kept: those stored, changed by those given. Null takes a value away.

    What stands there already may be sent again as it is, also where its definition is gone or has become
    narrower. With `complete` no required attribute may be without a value. Raises Invalid, which names each
    attribute.
    """
    definitions = queries.definitions_of(session, scope)
    values = dict(stored or {})
    wrong: dict[str, list[Text]] = {}
    for key, raw in given.items():
        if key in values and _same(values[key], raw):
            continue
        try:
            value = _read(definitions.get(key), raw, known=key in values)
        except ValueRefused as refused:
            wrong[_named(key)] = [refused.text]
            continue
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    if complete:
        for key, definition in definitions.items():
            if definition.required and key not in values:
                wrong.setdefault(_named(key), [errors.ATTRIBUTE_REQUIRED])
    if wrong:
        raise Invalid(errors=wrong)
    return values


def _read(definition: Any, raw: Any, *, known: bool) -> Any:
    if definition is None:
        if known and raw is None:
            return None
        raise ValueRefused(errors.UNKNOWN_ATTRIBUTE)
    return value_parser(
        definition.type,
        choices=definition.choices,
        pattern=definition.pattern,
        pattern_hint=definition.pattern_hint,
    )(raw)


def _same(stored: Any, raw: Any) -> bool:
    return type(stored) is type(raw) and bool(stored == raw)


def _named(key: str) -> str:
    return "attributes." + "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in key[:100]
    )
