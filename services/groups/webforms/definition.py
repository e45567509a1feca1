"""What a form asks, put together from the form itself and the definitions of attributes as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from services.groups.webforms.fields import FIELDS, reader
from shared.values import Parser, Stored

PREFIXES = {"customer": "attribute:", "booking": "booking:"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that is asked. `name` is how it is called in what is sent."""

    name: str
    scope: str
    """"field" of a customer, or the scope of an attribute."""
    key: str
    label: Mapping[str, str]
    type: str
    required: bool
    read: Callable[[Any], Stored | None]
    help: str = ""
    hint: str = ""
    autocomplete: str = "off"
    choices: tuple[tuple[str, Mapping[str, str]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Known:
    """An attribute, as far as a form needs to know it."""

    scope: str
    key: str
    label: Mapping[str, str]
    type: str
    required: bool
    help: str
    hint: str
    choices: list[str]
    parse: Parser


class Box(NamedTuple):
    """A checkbox for a group."""

    group_id: UUID
    label: str
    preselected: bool
    ancestor_ids: list[UUID]


class Line(NamedTuple):
    """A checkbox where it stands in the tree: below that of `parent_id`."""

    box: Box
    parent_id: UUID | None
    depth: int


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A form as it is shown and read at this moment."""

    form_id: UUID
    slug: str
    title: str
    intro: str
    language: str
    questions: list[Question]
    boxes: list[Box]
    groups_label: str | None
    consent_text: str
    consent_version: int
    success_text: str
    submit_label: str | None
    double_opt_in: bool
    allowed_origins: list[str]

    @property
    def group_ids(self) -> list[UUID]:
        return [box.group_id for box in self.boxes]

    @property
    def tree(self) -> list[Line]:
        """The checkboxes as a tree is read: each before those below it, otherwise in their order."""
        offered = set(self.group_ids)
        below: dict[UUID | None, list[Box]] = {}
        for box in self.boxes:
            parent = next((above for above in box.ancestor_ids if above in offered), None)
            below.setdefault(parent, []).append(box)
        lines: list[Line] = []
        # Not by recursion: trees have any depth.
        waiting = [Line(box, None, 0) for box in reversed(below.get(None, []))]
        while waiting:
            line = waiting.pop()
            lines.append(line)
            inside = below.get(line.box.group_id, [])
            waiting += [Line(box, line.box.group_id, line.depth + 1) for box in reversed(inside)]
        return lines


def questions(
    asked: Iterable[Mapping[str, Any]],
    attributes: Mapping[tuple[str, str], Known],
    *,
    with_consent: bool,
) -> list[Question]:
    """Return what the form's `fields` ask. An attribute that is gone is not asked for any more."""
    found = []
    for one in asked:
        if "field" in one:
            found.append(_of_field(one, with_consent))
        elif (known := attributes.get((one["scope"], one["attribute"]))) is not None:
            found.append(_of_attribute(one, known))
    return found


def _of_field(one: Mapping[str, Any], with_consent: bool) -> Question:
    name = one["field"]
    known = FIELDS[name]
    return Question(
        name=name,
        scope="field",
        key=name,
        label={**known.label, **_said(one)},
        type=known.type,
        # Who may agree to get mail has to say where.
        required=one["required"] or (with_consent and name == "email"),
        read=reader(known),
        help=one["help"],
        autocomplete=known.autocomplete,
        choices=known.choices,
    )


def _of_attribute(one: Mapping[str, Any], known: Known) -> Question:
    return Question(
        name=PREFIXES[known.scope] + known.key,
        scope=known.scope,
        key=known.key,
        label={**known.label, **_said(one)},
        type=known.type,
        required=one["required"] or known.required,
        read=known.parse,
        help=one["help"] or known.help,
        hint=known.hint,
        choices=tuple((choice, {"de": choice, "en": choice}) for choice in known.choices),
    )


def _said(one: Mapping[str, Any]) -> dict[str, str]:
    """Return the form's own label in both languages, if it has one."""
    label = one.get("label") or {}
    if not label:
        return {}
    return {
        "de": label.get("de") or label["en"],
        "en": label.get("en") or label["de"],
    }
