"""The steps of a sequence as drawn up, each with a key that no other step ever has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.followup.models import Sequence as MailSequence
from services.followup.models import Step
from shared.errors import Invalid, Text

_TWICE = Text("Two steps have the key '{key}'.", de="Zwei Schritte haben den Schlüssel „{key}“.")
_RETIRED = Text(
    "The key '{key}' belonged to a step that was deleted. Leave the key out: the step gets a new one.",
    de="Der Schlüssel „{key}“ gehörte zu einem gelöschten Schritt. Lassen Sie ihn weg: Der Schritt "
    "bekommt einen neuen.",
)


def draw_up(found: MailSequence, given: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Steps as given. One without a key is a new step, and gets a key that was never given before.

    Not its place: who has had a step that is deleted later would count as having had the one that follows.
    """
    taken = {step["key"] for step in given if step.get("key")} | set(found.retired_keys)
    steps = [_step(step, step.get("key") or _new_key(found, taken)) for step in given]
    _check_keys(found, steps)
    return steps


def retire(found: MailSequence, old: Sequence[Step], new: Sequence[Step]) -> None:
    """Remember the keys of steps that are gone: somebody may have had them."""
    gone = {step.key for step in old} - {step.key for step in new}
    found.retired_keys = sorted(gone.union(found.retired_keys))


def _new_key(found: MailSequence, taken: set[str]) -> str:
    while True:
        found.keys_given += 1
        key = f"step-{found.keys_given}"
        if key not in taken:
            return key


def _step(given: Mapping[str, Any], key: str) -> Step:
    return Step(
        key=key,
        subject=given["subject"],
        delay=given.get("delay") or {"value": 0, "unit": "minutes"},
        at=given.get("at"),
        html=given.get("html"),
        text=given.get("text"),
    )


def _check_keys(found: MailSequence, steps: Sequence[Step]) -> None:
    for key, count in Counter(step.key for step in steps).items():
        if count > 1:
            raise Invalid(errors={"steps": [_TWICE.fill(key=key)]})
        if key in found.retired_keys:
            raise Invalid(errors={"steps": [_RETIRED.fill(key=key)]})
