"""Defining attributes, and changing or removing a definition without losing what is stored by accident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.actor import Actor
from services.groups.actions.values import Document, merge_values
from services.groups.errors import AttributeExists, AttributeInUse, ValuesWouldBreak
from services.groups.models import Attribute, AttributeValues, Scope
from services.groups.rules import key_from_label
from shared.db import utcnow
from shared.errors import Invalid, PreconditionFailed, Text
from shared.events.groups import AttributeDefined, AttributeRemoved
from shared.outbox import publish
from shared.values import Stored, ValueRefused, check_pattern, sort_key

ROWS_AT_ONCE = 5_000
UNSAID: dict[str, Any] = {
    "required_staff": False,
    "required_form": False,
    "pattern": None,
    "pattern_hint": None,
    "choices": [],
    "help": "",
}

_KEY = Text("key", de="Schlüssel")
_LABEL = Text("label", de="Namen")
_CHOICES = Text(
    "A choice needs at least one possible value, each once.",
    de="Eine Auswahl braucht mindestens einen möglichen Wert, jeden nur einmal.",
)
_NO_CHOICES = Text(
    "Only an attribute of the type choice has choices.",
    de="Nur ein Attribut vom Typ Auswahl hat Auswahlwerte.",
)
_NO_PATTERN = Text(
    "Only an attribute of the type text or multiline has a pattern.",
    de="Nur ein Attribut vom Typ Text oder mehrzeilig hat ein Muster.",
)


def define_attribute(
    session: Session,
    actor: Actor,
    *,
    scope: str,
    label: dict[str, str],
    type: str,  # noqa: A002 - as the contract calls it
    key: str | None = None,
    position: int | None = None,
    origin: str = "local",
    **fields: Any,
) -> Attribute:
    """Define an attribute. Without a key it gets one made from its label."""
    locks.lock_all_customers(session)
    label = {"de": label.get("de") or label["en"], "en": label.get("en") or label["de"]}
    if origin == "franchise":
        actor.must_be_head_office(label["de"])
    others = queries.attributes_of(session, scope)
    if position is None:
        position = max((a.position for a in others), default=0) + 1
    now = utcnow()
    attribute = Attribute(
        **{**UNSAID, **fields},
        scope=scope,
        key=key or _free_key(label["de"], {a.key for a in others}),
        label=label,
        type=type,
        position=position,
        origin=origin,
        version=1,
        created_at=now,
        updated_at=now,
    )
    _check(attribute)
    _must_be_new(attribute, others)
    session.add(attribute)
    session.flush()
    publish(session, _told(attribute))
    return attribute


def change_attribute(
    session: Session, actor: Actor, attribute_id: UUID, expected_version: int, **changes: Any
) -> Attribute:
    """Change a definition. What would break stored values is refused with their count."""
    locks.lock_all_customers(session)
    attribute = queries.attribute(session, attribute_id)
    if attribute.from_head_office:
        actor.must_be_head_office(attribute.label["de"])
    # Compared and written under the lock that every writer of definitions holds.
    if attribute.version != expected_version:
        raise PreconditionFailed
    before = attribute.type, list(attribute.choices)
    if changes.get("type", attribute.type) != "choice" and attribute.type == "choice":
        changes.setdefault("choices", [])
    if "label" in changes:
        changes["label"] = {**attribute.label, **changes["label"]}
    for name, value in changes.items():
        setattr(attribute, name, value)
    if not session.is_modified(attribute):
        return attribute
    with session.no_autoflush:
        _check(attribute)
        _must_be_new(attribute, queries.attributes_of(session, attribute.scope))
        now = utcnow()
        if (attribute.type, attribute.choices) != before and attribute.scope == Scope.customer:
            _convert_values(session, attribute, now)
    attribute.version += 1
    attribute.updated_at = now
    session.flush()
    publish(session, _told(attribute))
    return attribute


def remove_attribute(
    session: Session, actor: Actor, attribute_id: UUID, expected_version: int, *, confirm: bool
) -> None:
    """Remove a definition; with `confirm` also every value of it."""
    locks.lock_all_customers(session)
    attribute = queries.attribute(session, attribute_id)
    if attribute.from_head_office:
        actor.must_be_head_office(attribute.label["de"])
    if attribute.version != expected_version:
        raise PreconditionFailed
    uses = queries.uses_of(session, [attribute])[attribute_id]
    if uses and not confirm:
        raise AttributeInUse(count=uses, label=attribute.label["de"], extra={"count": uses})
    if attribute.scope == Scope.customer:
        # Also where nobody counts: at merged customers, who have theirs again if the merge is undone.
        for rows in _stored(session, attribute.key):
            merge_values(session, {customer_id: {attribute.key: None} for customer_id, _ in rows})
    session.delete(attribute)
    session.flush()
    publish(
        session,
        AttributeRemoved(
            attribute_id=attribute_id,
            version=attribute.version + 1,
            key=attribute.key,
            scope=attribute.scope,
        ),
    )


def _check(attribute: Attribute) -> None:
    """Raise Invalid if the definition's parts do not fit each other."""
    errors: dict[str, list[Text]] = {}
    choices = attribute.choices
    if attribute.type == "choice":
        if not choices or len({sort_key(choice) for choice in choices}) < len(choices):
            errors["choices"] = [_CHOICES]
    elif choices:
        errors["choices"] = [_NO_CHOICES]
    if attribute.pattern:
        if attribute.type not in ("text", "multiline"):
            errors["pattern"] = [_NO_PATTERN]
        else:
            try:
                check_pattern(attribute.pattern)
            except ValueRefused as refused:
                errors["pattern"] = [refused.text]
    if errors:
        raise Invalid(errors=errors)


def _must_be_new(attribute: Attribute, others: list[Attribute]) -> None:
    """Raise AttributeExists if key or label are taken: imports find attributes by both."""
    for other in others:
        if other is attribute:
            continue
        if other.key == attribute.key:
            raise AttributeExists(what=_KEY, value=attribute.key)
        for language, label in attribute.label.items():
            if sort_key(other.label[language]) == sort_key(label):
                raise AttributeExists(what=_LABEL, value=label)


def _free_key(label: str, taken: set[str]) -> str:
    key = wanted = key_from_label(label)
    number = 2
    while key in taken:
        key, number = f"{wanted[:58]}_{number}", number + 1
    return key


def _convert_values(session: Session, attribute: Attribute, now: datetime) -> None:
    """Read every stored value as the definition does now. Raises ValuesWouldBreak if one cannot be."""
    parse = attribute.parser()
    broken, example = 0, ""
    for rows in _stored(session, attribute.key):
        converted: dict[UUID, Document] = {}
        for customer_id, value in rows:
            try:
                converted[customer_id] = {attribute.key: parse(as_input(value, attribute.type))}
            except ValueRefused:
                broken, example = broken + 1, example or str(value)[:60]
        if not broken:
            merge_values(session, converted, now=now)
    if broken:
        raise ValuesWouldBreak(
            count=broken,
            label=attribute.label["de"],
            example=f"'{example}'",
            extra={"count": broken},
        )


def as_input(value: Stored, type_: str) -> Stored:
    """Return a stored value as someone would type it into an attribute of another type."""
    if isinstance(value, str) or type_ not in ("text", "multiline", "choice"):
        return value
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return str(value)


def _stored(session: Session, key: str) -> Iterator[list[tuple[UUID, Stored]]]:
    """Give all stored values of an attribute, by customer, a part at a time."""
    last: UUID | None = None
    while True:
        statement = queries.having(
            session, key, AttributeValues.customer_id, AttributeValues.document
        )
        if last is not None:
            statement = statement.where(AttributeValues.customer_id > last)
        rows = session.execute(
            statement.order_by(AttributeValues.customer_id).limit(ROWS_AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [(customer_id, document[key]) for customer_id, document in rows]


def _told(attribute: Attribute) -> AttributeDefined:
    return AttributeDefined(
        attribute_id=attribute.id,
        version=attribute.version,
        key=attribute.key,
        label=attribute.label,
        scope=attribute.scope,
        type=attribute.type,
        choices=attribute.choices,
        required_staff=attribute.required_staff,
        required_form=attribute.required_form,
        pattern=attribute.pattern,
        pattern_hint=attribute.pattern_hint,
        help=attribute.help,
        position=attribute.position,
    )
