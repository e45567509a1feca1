"""What an import would set off: who joins groups, and to whom sequences of mails would start by it.

The follow-up service decides that by the rules by which it decides when it happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from services.importer.errors import ServiceRefused
from services.importer.options import Options
from services.importer.rows import Converted
from services.importer.running.calls import Services
from shared.errors import Text, Unavailable

AT_ONCE = 2_000
CHARACTERS_AT_ONCE = 1_000_000
"""People, and characters of their groups' names, in one question."""

MANY_MAILS = 300
"""More first mails than this are better spread over some days: mail servers take a flood for spam."""
NOT_TO_START = "start_sequences_no"

UNKNOWN = Text(
    "What would start cannot be said: the follow-up service does not answer. The import itself does not "
    "need it.",
    de="Was starten würde, lässt sich nicht sagen: der Follow-up-Dienst antwortet nicht. Der Import selbst "
    "braucht ihn nicht.",
)
_COUNTS = ("would_join", "would_start", "waiting_for_consent", "would_go_on")
_NOTHING_KNOWN = dict.fromkeys(
    ("would_join", "would_start", "first_mails", "recommended", "sequences")
)


class Starts:
    """Gathers who would come into groups, each person once, and asks what would start by it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._people: dict[str, dict[str, Any]] = {}

    def note(self, row: Converted, customer_id: str, warnings: Mapping[str, Any]) -> None:
        """A row would be taken; `warnings` name the fields of it that would not. Of two the later counts."""
        assert row.customer is not None
        person = self._people.setdefault(customer_id, {"customer_id": customer_id, "groups": {}})
        for name in ("email", "active"):
            if name in row.customer:
                person[name] = row.customer[name]
        if row.customer.get("opt_in") and "opt_in" not in warnings:
            person["opt_in"] = "confirmed"
        if row.groups and self._options.groups.mode != "remove":
            person["groups"].update(dict.fromkeys(row.groups))

    def told(self, services: Services) -> dict[str, Any]:
        """Return what would start; nothing in numbers if the follow-up service is away."""
        joined = started = 0
        sequences: dict[str, dict[str, Any]] = {}
        try:
            for rows in self._pages():
                create = self._options.groups.create_missing
                found = services.foresee(rows, create_missing=create)
                joined += found["would_join"]
                started += found["would_start"]
                for one in found["sequences"]:
                    _add(sequences.setdefault(one["id"], _nothing(one)), one)
        except (Unavailable, ServiceRefused):
            return {**_NOTHING_KNOWN, "sequences_problem": UNKNOWN}
        mails = sum(one["would_start"] for one in sequences.values())
        if starts_nothing := self._options.start_sequences == "no":
            for one in sequences.values():
                one |= {"would_start": 0, "waiting_for_consent": 0, "would_go_on": 0}
                one["blocked"] = Counter({NOT_TO_START: one["would_join"]})
        return {
            "would_join": joined,
            "would_start": 0 if starts_nothing else started,
            "first_mails": mails,
            "recommended": "spread" if mails > MANY_MAILS else "yes",
            "sequences": list(sequences.values()),
            "sequences_problem": None,
        }

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        page: list[dict[str, Any]] = []
        characters = 0
        for person in self._people.values():
            if not person["groups"]:
                continue
            characters += sum(map(len, person["groups"]))
            page.append({**person, "groups": list(person["groups"])})
            if len(page) >= AT_ONCE or characters >= CHARACTERS_AT_ONCE:
                yield page
                page, characters = [], 0
        if page:
            yield page


def _nothing(one: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: one[name] for name in ("id", "name", "state")}
    return {**named, **dict.fromkeys(_COUNTS, 0), "blocked": Counter()}


def _add(total: dict[str, Any], one: Mapping[str, Any]) -> None:
    for name in _COUNTS:
        total[name] += one[name]
    total["blocked"].update(one["blocked"])
