"""What would start if customers came into groups, by the rules that decide it when they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup import models, rules
from services.followup.actions.entering import (
    GOES_ON,
    Entry,
    candidates,
    enrolled_before,
    excluded_from,
    first_move,
    kept_out,
)
from services.followup.addresses import address_keys
from services.followup.models import Consent, EnrolmentState, Group
from services.followup.queries import sequences as queries
from services.followup.queries.families import homes
from services.followup.queries.standings import standings, suppressions
from shared.db import new_id
from shared.values import sort_key


class Person(NamedTuple):
    """Somebody as they would be, who is to be a member of `groups`, among others perhaps."""

    customer_id: UUID
    groups: Sequence[str]
    standing: rules.Standing


class Outlook:
    """What becomes of those who join a sequence's start groups."""

    def __init__(self, sequence: models.Sequence) -> None:
        self.id, self.name, self.state = sequence.id, sequence.name, sequence.state
        self.would_join = self.would_start = self.waiting_for_consent = self.would_go_on = 0
        self.blocked: Counter[str] = Counter()


class Forecast(NamedTuple):
    """`would_join` and `would_start` are persons; each sequence counts for itself."""

    would_join: int
    would_start: int
    sequences: list[Outlook]


def foresee(
    session: Session, rows: Sequence[Mapping[str, Any]], *, create_missing: bool, now: datetime
) -> Forecast:
    """Say what would start if these people, each once among the rows, were put into their groups.

    What the same rows would end is not looked ahead at.
    """
    tree = _Tree(session, create_missing=create_missing)
    people = _people(session, rows)
    joined: dict[UUID, set[UUID]] = {}
    entries: list[Entry] = []
    wanted = {person.customer_id: tree.found(person.groups) for person in people}
    present = queries.memberships_in(
        session, list(wanted), {group_id for found in wanted.values() for group_id, _ in found}
    )
    for customer_id, groups in wanted.items():
        new = [one for one in groups if one[0] not in present.get(customer_id, ())]
        joined[customer_id] = {group_id for group_id, _ in new}
        entries += [Entry(customer_id, id_, above, "yes", now) for id_, above in new]
    concerned = {id_ for entry in entries for id_ in (entry.group_id, *entry.ancestor_ids)}
    found = candidates(entries, queries.starting_by(session, concerned))
    return _judged(session, found, {p.customer_id: p.standing for p in people}, joined)


def _judged(
    session: Session,
    found: Mapping[tuple[UUID, UUID], tuple[models.Sequence, Entry]],
    known: Mapping[UUID, rules.Standing],
    joined: Mapping[UUID, set[UUID]],
) -> Forecast:
    customers = {customer_id for _, customer_id in found}
    sequences = {sequence.id: sequence for sequence, _ in found.values()}
    before = enrolled_before(session, customers, sequences)
    excluded = excluded_from(session, customers, sequences.values())
    outlooks = {id_: Outlook(sequence) for id_, sequence in sequences.items()}
    starting: set[UUID] = set()
    for key, (sequence, entry) in found.items():
        outlook = outlooks[sequence.id]
        outlook.would_join += 1
        out = entry.customer_id in excluded.get(sequence.id, ()) or not joined[
            entry.customer_id
        ].isdisjoint(map(UUID, sequence.excluding_groups))
        reason = kept_out(sequence, before.get(key, []), excluded=out)
        if reason == GOES_ON:
            outlook.would_go_on += 1
        elif reason is not None:
            outlook.blocked[reason] += 1
        else:
            move = first_move(sequence, known[entry.customer_id])
            if move is not None and move.state == EnrolmentState.ACTIVE:
                outlook.would_start += 1
                starting.add(entry.customer_id)
            elif move is not None and move.reason == "no_consent":
                outlook.waiting_for_consent += 1
            else:
                outlook.blocked[(move and move.reason) or "erased"] += 1
    return Forecast(
        len(customers), len(starting), sorted(outlooks.values(), key=lambda one: (one.name, one.id))
    )


def _people(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Person]:
    asked = [row["customer_id"] for row in rows if row.get("customer_id")]
    home_of = homes(session, asked)
    known = standings(session, set(home_of.values()))
    key_of = address_keys(session).of
    keys = [key_of(row.get("email")) for row in rows]
    blocked = suppressions(session, {key for key in keys if key})
    people: dict[UUID, Person] = {}
    for row, key in zip(rows, keys, strict=True):
        customer_id = home_of[row["customer_id"]] if row.get("customer_id") else new_id()
        before = known.get(customer_id, rules.UNKNOWN)
        reasons = blocked.get(key, frozenset()) if key else frozenset()
        groups = (
            [*people[customer_id].groups, *row["groups"]]
            if customer_id in people
            else row["groups"]
        )
        people[customer_id] = Person(customer_id, groups, _after(before, row, key, reasons))
    return list(people.values())


def _after(
    before: rules.Standing, row: Mapping[str, Any], key: str | None, reasons: frozenset[str]
) -> rules.Standing:
    """Return how the customer stands once the row is taken over. A "no" stays a "no"."""
    standing = before if before.known else rules.Standing(known=True)
    if "email" in row:
        standing = standing._replace(has_address=key is not None, suppressed=reasons)
    if row.get("active") is not None:
        standing = standing._replace(active=row["active"])
    if row.get("opt_in") is not None and standing.consent != Consent.REVOKED:
        standing = standing._replace(consent=Consent.CONFIRMED)
    return standing


class _Tree:
    """Groups by path or id, with those above them; also groups that are still to be created."""

    def __init__(self, session: Session, *, create_missing: bool) -> None:
        self._create = create_missing
        self._known: dict[str, tuple[UUID, list[UUID]] | None] = {}
        self._by_id: dict[UUID, tuple[UUID, list[UUID]]] = {}
        self._by_path: dict[tuple[str, ...], tuple[UUID, list[UUID]]] = {}
        for id_, path, ancestors in session.execute(
            select(Group.id, Group.path, Group.ancestor_ids).where(Group.deleted.is_(False))
        ):
            group = id_, [UUID(ancestor) for ancestor in ancestors]
            self._by_id[id_] = self._by_path[_levels(path)] = group

    def found(self, names: Collection[str]) -> list[tuple[UUID, list[UUID]]]:
        """Return the groups, each once."""
        groups = [
            self._known[name] if name in self._known else self._look_up(name) for name in names
        ]
        return list({group[0]: group for group in groups if group is not None}.values())

    def _look_up(self, name: str) -> tuple[UUID, list[UUID]] | None:
        """Many people come into the same groups: each name is looked at once."""
        self._known[name] = self._group(name)
        return self._known[name]

    def _group(self, name: str) -> tuple[UUID, list[UUID]] | None:
        try:
            return self._by_id.get(UUID(name))
        except ValueError:
            pass
        levels = _levels(name)
        if levels not in self._by_path:
            if not self._create or not all(levels):
                return None
            above = next(
                (
                    self._by_path[levels[:depth]]
                    for depth in range(len(levels) - 1, 0, -1)
                    if levels[:depth] in self._by_path
                ),
                None,
            )
            self._by_path[levels] = new_id(), [above[0], *above[1]] if above else []
        return self._by_path[levels]


def _levels(path: str) -> tuple[str, ...]:
    return tuple(sort_key(level.strip()) for level in path.split("/"))
