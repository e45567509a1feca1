"""What several customers look like as one: by field whose value stays, and what they allow together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.customers.errors import WrongChoice
from services.customers.fields import MASTER_DATA, READERS
from services.customers.models import Customer
from shared.errors import Text
from shared.values import email_key

ATTRIBUTE = "attribute:"
LONGEST_NOTE = 10_000


@dataclass
class Choice:
    """`values`: the survivor's fields. `attributes`: by key from whom the value is taken."""

    values: dict[str, Any]
    attributes: dict[str, UUID] = field(default_factory=dict)


def chosen(survivor: Customer, losers: Sequence[Customer], choose: Mapping[str, UUID]) -> Choice:
    """Return what the survivor becomes. Raises WrongChoice.

    A field that nobody chose stays as the survivor has it; where it has nothing, the first loser's value is
    taken. Notes are joined, the earliest registration counts, sources add up.
    """
    everyone = [survivor, *losers]
    attributes, fields = _checked(everyone, choose)
    people = {person.id: person for person in everyone}
    values: dict[str, Any] = {
        name: next((v for one in everyone if (v := getattr(one, name)) is not None), None)
        for name in MASTER_DATA
    }
    values["note"] = _notes(everyone)
    values["registered_at"] = min(one.registered_at for one in everyone)
    values |= {name: getattr(people[who], name) for name, who in fields.items()}
    values["sources"] = " ".join(dict.fromkeys(s for one in everyone for s in one.sources.split()))
    values["former_numbers"] = " ".join(
        number
        for one in everyone
        for number in (*([] if one is survivor else [str(one.number)]), *one.former_numbers.split())
    )
    choice = Choice(values, attributes)
    _agree(choice, everyone)
    return choice


def _checked(
    everyone: Sequence[Customer], choose: Mapping[str, UUID]
) -> tuple[dict[str, UUID], dict[str, UUID]]:
    known = {one.id for one in everyone}
    wrong: dict[str, list[Text]] = {}
    for name, who in choose.items():
        if name not in READERS and not name.startswith(ATTRIBUTE):
            wrong[name] = [WrongChoice.unknown]
        elif who not in known:
            wrong[name] = [WrongChoice.stranger.fill(customer_id=who)]
    if wrong:
        raise WrongChoice(wrong)
    attributes = {
        name.removeprefix(ATTRIBUTE): who
        for name, who in choose.items()
        if name.startswith(ATTRIBUTE)
    }
    return attributes, {name: who for name, who in choose.items() if name in READERS}


def _notes(everyone: Sequence[Customer]) -> str | None:
    notes = list(dict.fromkeys(one.note for one in everyone if one.note))
    joined = "\n".join(notes)
    return (joined if len(joined) <= LONGEST_NOTE else notes[0]) or None


def _agree(choice: Choice, everyone: Sequence[Customer]) -> None:
    """Decide what the one they become allows: the strictest of what they have said.

    A withdrawal that stands for one of them stands for all, whenever the others agreed. A permission goes on
    only for the address that it was given for. Who never said anything takes no permission away.
    """
    address = choice.values["email"]
    key = email_key(address) if address else None
    agreed = [p for p in everyone if p.opt_in_state == "confirmed" and p.email_key == key]
    revoked_at = _latest(p.opt_in_revoked_at for p in everyone)
    asked = [p.opt_in_requested_at for p in everyone if p.opt_in_requested_at]
    if any(p.opt_in_state == "revoked" for p in everyone):
        # Nor is it undone by a question that another of them was asked later.
        agreed, asked = [], [moment for moment in asked if revoked_at and moment <= revoked_at]
    choice.values |= {
        "opt_in_requested_at": _latest(asked),
        "opt_in_confirmed_at": _latest(p.opt_in_confirmed_at for p in agreed),
        "opt_in_revoked_at": revoked_at,
    }


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
