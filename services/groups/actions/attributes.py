"""Defining attributes, and changing or removing a definition without losing what is stored by accident."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.actor import Actor
from services.groups.actions.conversion import Rules, convert_values, drop_values
from services.groups.actions.ordering import take_place
from services.groups.actions.relying import in_words, must_still_select, selections_by
from services.groups.errors import (
    AttributeExists,
    AttributeInUse,
    AttributeKept,
    AttributeNeeded,
)
from services.groups.models import Attribute, Scope
from services.groups.rules import key_from_label
from shared.db import utcnow
from shared.errors import Invalid, PreconditionFailed, Text
from shared.events.groups import AttributeDefined, AttributeRemoved
from shared.outbox import publish
from shared.values import ValueRefused, check_pattern, sort_key

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
_NOT_RENAMED = Text(
    "A choice that there is becomes one that there will be: the name it has, and the one it gets.",
    de="Ein Auswahlwert, den es gibt, wird einer, den es dann gibt: der jetzige Name und der neue.",
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
    locks.lock_facts(session)
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
        key=key or "",
        label=label,
        type=type,
        position=position,
        origin=origin,
        version=1,
        created_at=now,
        updated_at=now,
    )
    if not key:
        attribute.key = _free_key(session, attribute, {a.key for a in others})
    _check(attribute)
    _must_be_new(attribute, others)
    if scope != Scope.customer:
        # Bookings and entries keep what they had of a removed attribute: it would be taken for this one's.
        convert_values(session, attribute, {}, now)
    moved = take_place(attribute, others, actor)
    session.add(attribute)
    _changed(session, moved, now)
    publish(session, _told(attribute))
    return attribute


def change_attribute(
    session: Session,
    actor: Actor,
    attribute_id: UUID,
    expected_version: int,
    *,
    renamed_choices: Mapping[str, str] | None = None,
    **changes: Any,
) -> Attribute:
    """Change a definition. What would break stored values is refused with their count."""
    locks.lock_facts(session)
    locks.lock_all_customers(session)
    attribute = queries.attribute(session, attribute_id)
    if attribute.from_head_office:
        actor.must_be_head_office(attribute.label["de"])
    # Compared and written under the lock that every writer of definitions holds.
    if attribute.version != expected_version:
        raise PreconditionFailed
    former, former_position = Rules.of(attribute), attribute.position
    selecting = selections_by(session, attribute)
    if changes.get("type", attribute.type) != "choice" and attribute.type == "choice":
        changes.setdefault("choices", [])
    renamed = dict(renamed_choices or {})
    if renamed:
        changes["choices"] = _choices_after(attribute, renamed, changes.get("choices"))
    if "label" in changes:
        changes["label"] = {**attribute.label, **changes["label"]}
    for name, value in changes.items():
        setattr(attribute, name, value)
    if not session.is_modified(attribute):
        return attribute
    now = utcnow()
    with session.no_autoflush:
        _check(attribute)
        others = [
            other
            for other in queries.attributes_of(session, attribute.scope)
            if other is not attribute
        ]
        _must_be_new(attribute, others)
        moved: list[Attribute] = []
        if attribute.position != former_position:
            moved = take_place(attribute, others, actor, before=former_position)
        if renamed or not Rules.of(attribute).allow_all_of(former):
            convert_values(session, attribute, renamed, now)
    _changed(session, [attribute, *moved], now)
    must_still_select(session, attribute, selecting)
    return attribute


def remove_attribute(
    session: Session, actor: Actor, attribute_id: UUID, expected_version: int, *, confirm: bool
) -> None:
    """Remove a definition; with `confirm` also every customer's value of it.

    What was noted of bookings and in history entries stays there to be read, as a record of what happened.
    """
    locks.lock_facts(session)
    locks.lock_all_customers(session)
    attribute = queries.attribute(session, attribute_id)
    label = attribute.label["de"]
    if attribute.from_head_office:
        actor.must_be_head_office(label)
    if attribute.version != expected_version:
        raise PreconditionFailed
    uses = queries.uses_of(session, attribute)
    said = {"count": uses.count, "uses": [use._asdict() for use in uses.by]}
    if uses.by:
        raise AttributeNeeded(label=label, users=in_words(uses.by), extra=said)
    if uses.count and not confirm:
        whose = queries.kept(attribute).whose
        refusal = AttributeInUse if attribute.scope == Scope.customer else AttributeKept
        raise refusal(count=uses.count, whose=whose, label=label, extra=said)
    if attribute.scope == Scope.customer:
        drop_values(session, attribute, utcnow())
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


def _changed(session: Session, attributes: Collection[Attribute], now: datetime) -> None:
    """Count the definitions' new versions, and tell them."""
    for attribute in attributes:
        attribute.version += 1
        attribute.updated_at = now
    session.flush()
    publish(session, *(_told(attribute) for attribute in attributes))


def _choices_after(
    attribute: Attribute, renamed: Mapping[str, str], choices: list[str] | None
) -> list[str]:
    """Return the choices with their new names. Two that get the same become one."""
    if choices is None:
        choices = list(dict.fromkeys(renamed.get(one, one) for one in attribute.choices))
    if not (set(renamed) <= set(attribute.choices) and set(renamed.values()) <= set(choices)):
        raise Invalid(errors={"renamed_choices": [_NOT_RENAMED]})
    return choices


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
        if other.key == attribute.key:
            raise AttributeExists(what=_KEY, value=attribute.key)
        for language, label in attribute.label.items():
            if sort_key(other.label[language]) == sort_key(label):
                raise AttributeExists(what=_LABEL, value=label)


def _free_key(session: Session, attribute: Attribute, taken: set[str]) -> str:
    """Return a key that no attribute has, nor a value of one that was removed."""
    attribute.key = wanted = key_from_label(attribute.label["de"])
    number = 2
    while attribute.key in taken or (
        attribute.scope != Scope.customer and queries.has_values(session, attribute)
    ):
        attribute.key, number = f"{wanted[:58]}_{number}", number + 1
    return attribute.key


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
        origin=attribute.origin,
    )
