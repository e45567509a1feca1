"""Memberships as imports know them: groups by path or id, missing ones created on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, Mode, Outcome, change_memberships
from services.groups.actions.moves import Telling
from services.groups.actions.tree import insert_groups
from services.groups.actions.values import Given, change_values
from services.groups.errors import TooManyGroups
from services.groups.models import Group, path_keys, path_levels
from services.groups.rules import group_names, is_id
from shared.errors import Text

DEEPEST_CREATED = 32
"""Levels that a path may have for its missing groups to be created. A tree may be deeper."""

MOST_CREATED = 5_000
"""Groups that the paths of one batch may need."""


class Wanted(NamedTuple):
    """A customer's groups by path or id are to be added to, replaced or reduced.

    `values` of attributes, by key, are given before that: what follows from joining can speak of them.
    `known_at`: the row comes from a file that was written when groups and values were those of that moment.
    """

    customer_id: UUID
    mode: Mode | Literal["edited"]
    groups: Sequence[str]
    known_at: datetime | None = None
    values: Mapping[str, object] | None = None


class Found(NamedTuple):
    """What was done for a customer; `unknown` are the groups that there are not.

    `errors` says by attribute key which values were left out, and why.
    """

    outcome: Outcome
    unknown: list[str]
    errors: dict[str, list[Text]]


def change_memberships_by_path(
    session: Session,
    wanted: Sequence[Wanted],
    telling: Telling,
    *,
    create_missing: bool,
) -> tuple[list[Found], list[Group]]:
    """Make the changes in their order; return what each did, in this order, and the groups created for it.

    With `replace` and an unknown group the customer keeps all groups: half a list replaces nothing.
    """
    names = {name for one in wanted for name in one.groups}
    found = queries.find_groups(session, names)
    created: list[Group] = []
    if create_missing and len(found) < len(names):
        wished = {name for one in wanted if one.mode != "remove" for name in one.groups}
        created = _create_missing(session, wished)
    locks.share_customers(session)
    # Looked up again: until now somebody could have moved or deleted one.
    found = queries.find_groups(session, names)
    edits = _Edits(session, wanted)
    changes: list[Change] = []
    unknowns = []
    # The same groups come again and again.
    seen: dict[tuple[str, ...], tuple[list[UUID], list[str]]] = {}
    for one in wanted:
        names_of_one = tuple(one.groups)
        if names_of_one not in seen:
            seen[names_of_one] = (
                [found[name] for name in names_of_one if name in found],
                [name for name in names_of_one if name not in found],
            )
        known, unknown = seen[names_of_one]
        changes += edits.made(one, known, complete=not unknown)
        unknowns.append(unknown)
    meant = locks.lock_meant(session, {one.customer_id for one in wanted})
    errors = _give_values(session, wanted, telling, meant)
    outcomes = iter(change_memberships(session, changes, telling, meant=meant))
    results = [
        Found(edits.outcome(one, outcomes), unknown, errors.get(number, {}))
        for number, (one, unknown) in enumerate(zip(wanted, unknowns, strict=True))
    ]
    return results, created


def _give_values(
    session: Session, wanted: Sequence[Wanted], telling: Telling, meant: locks.Meant
) -> dict[int, dict[str, list[Text]]]:
    """Give the values that rows bring, and return by the row's number what was left out of them, and why."""
    rows = [(number, one) for number, one in enumerate(wanted) if one.values]
    given = [Given(one.customer_id, one.values or {}, one.known_at) for _, one in rows]
    outcomes = change_values(session, given, reference=telling.reference, meant=meant)
    return {
        number: outcome.errors
        for (number, _), outcome in zip(rows, outcomes, strict=True)
        if outcome.errors and outcome.status != "invalid"
    }


class _Edits:
    """Of rows from a file: which groups were edited in it. Others go as they are.

    Half a list replaces nothing. Nobody is taken out of what a merge has put them into: the file could not
    know of that.
    """

    def __init__(self, session: Session, wanted: Sequence[Wanted]) -> None:
        moments = {
            one.customer_id: one.known_at
            for one in wanted
            if one.mode == "edited" and one.known_at is not None
        }
        self._before = queries.groups_at(session, moments) if moments else {}
        merges = queries.merges_of(session, moments) if moments else []
        self._merged = {merge.survivor_id for merge in merges}

    def made(self, one: Wanted, group_ids: list[UUID], *, complete: bool) -> list[Change]:
        """Return the changes that the row makes: one, or for what was edited two."""
        if one.mode != "edited":
            mode: Mode = one.mode if complete or one.mode != "replace" else "add"
            return [Change(one.customer_id, mode, group_ids)]
        before = self._before.get(one.customer_id, set())
        added = [group_id for group_id in group_ids if group_id not in before]
        removed = before.difference(group_ids)
        if not complete or one.customer_id in self._merged:
            removed = set()
        return [
            Change(one.customer_id, "add", added),
            Change(one.customer_id, "remove", list(removed)),
        ]

    def outcome(self, one: Wanted, outcomes: Iterator[Outcome]) -> Outcome:
        first = next(outcomes)
        if one.mode != "edited":
            return first
        second = next(outcomes)
        return Outcome(first.added, second.removed, first.erased)


def _create_missing(session: Session, names: Collection[str]) -> list[Group]:
    """Create the groups that the paths name and that there are not, parents first. Returns them."""
    locks.lock_tree(session)
    wished: dict[str, list[str]] = {}
    for name in names:
        levels = None if is_id(name) else group_names(path_levels(name))
        if levels is not None and len(levels) <= DEEPEST_CREATED:
            for depth in range(1, len(levels) + 1):
                wished.setdefault(path_keys(levels[:depth])[0], levels[:depth])
    if len(wished) > MOST_CREATED:
        raise TooManyGroups(limit=MOST_CREATED)
    groups = queries.groups_by_hash(session, wished)
    new: list[Group] = []
    for drafts in _by_depth(wished, groups):
        created = insert_groups(
            session,
            [_draft(levels, groups) for levels in drafts],
            {},
        )
        groups |= {group.path_hash: group for group in created}
        new += created
    return new


def _by_depth(wished: dict[str, list[str]], groups: Collection[str]) -> Iterable[list[list[str]]]:
    missing = [levels for key, levels in wished.items() if key not in groups]
    for depth in sorted({len(levels) for levels in missing}):
        yield [levels for levels in missing if len(levels) == depth]


def _draft(levels: list[str], groups: dict[str, Group]) -> tuple[str, str, Group | None]:
    if len(levels) == 1:
        return levels[0], levels[0], None
    parent = groups[path_keys(levels[:-1])[0]]
    return levels[-1], f"{parent.path}/{levels[-1]}", parent
