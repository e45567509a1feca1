"""Putting customers into groups and taking them out: told once, kept as spans of time, many at once.

Inside, customers and groups go by the number of their id: a dictionary finds a number ten times as fast as a
UUID, which is hashed and compared by Python code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import counts, locks
from services.groups.errors import CustomerErased, GroupNotFound
from services.groups.models import Membership, PastMembership
from services.groups.queries import Place
from shared.db import bulk_insert, utcnow
from shared.events.groups import CustomerAddedToGroup, CustomerRemovedFromGroup, StartSequences
from shared.outbox import publish

Mode = Literal["add", "replace", "remove"]

ROWS_AT_ONCE = 5_000
PAST_COLUMNS = tuple(PastMembership.__table__.columns.keys())
COLUMNS = tuple(Membership.__table__.columns.keys())


@dataclass(frozen=True)
class Telling:
    """What is kept and told of a change: who made it, from which source, and what it shall start.

    `reference` names the import or form it came with.
    """

    by: str
    source: str
    reference: str | None = None
    start_sequences: StartSequences = "yes"


class Change(NamedTuple):
    """A customer's groups are to be added to, replaced or reduced."""

    customer_id: UUID
    mode: Mode
    group_ids: Sequence[UUID]


class Outcome(NamedTuple):
    """In how many groups a change put the customer, and out of how many.

    `erased`: none, because there is no such person any more.
    """

    added: int = 0
    removed: int = 0
    erased: bool = False


def add_customer_to_group(
    session: Session, group_id: UUID, customer_id: UUID, telling: Telling
) -> None:
    """Make the customer a member. Doing it twice changes nothing and tells nobody."""
    _change_one(session, Change(customer_id, "add", [group_id]), telling)


def remove_customer_from_group(
    session: Session, group_id: UUID, customer_id: UUID, telling: Telling
) -> None:
    """End the customer's membership. Doing it twice changes nothing and tells nobody."""
    _change_one(session, Change(customer_id, "remove", [group_id]), telling)


def add_customers_to_group(
    session: Session, group_id: UUID, customer_ids: Iterable[UUID], telling: Telling
) -> list[Outcome]:
    """Make all of the customers members, and return what that changed for each."""
    locks.share_customers(session)
    _must_exist(session, group_id)
    changes = [Change(customer_id, "add", [group_id]) for customer_id in customer_ids]
    return change_memberships(session, changes, telling)


def change_memberships(
    session: Session, changes: Sequence[Change], telling: Telling, *, now: datetime | None = None
) -> list[Outcome]:
    """Make the changes in their order and return what each did. The groups exist (see `share_customers`).

    A customer who leaves and joins a group, or joins and leaves it, within `changes` never did.
    """
    now = now or utcnow()
    people = {change.customer_id.int: change.customer_id for change in changes}
    erased = {gone.int for gone in locks.lock_customers(session, people.values())}
    before = queries.groups_of(session, people.values())
    after: dict[int, set[int]] = {}
    outcomes = []
    for change in changes:
        person = change.customer_id.int
        if person in erased:
            outcomes.append(Outcome(erased=True))
            continue
        groups = after.get(person)
        if groups is None:
            groups = after[person] = set(before.get(person, ()))
        outcomes.append(_apply(change, groups))
    moves = _moves(people, before, after)
    if moves.opened or moves.closed:
        _store(session, moves, telling, now)
    return outcomes


def end_memberships_in(session: Session, group_ids: Collection[UUID], *, by: str) -> None:
    """End every membership in groups that are about to be deleted, a part at a time.

    All customers are locked. The groups' own counts go with them; those above are the caller's.
    """
    now = utcnow()
    telling = Telling(by=by, source="group_deleted")
    places = queries.places_of(session, group_ids)
    while True:
        gone = session.execute(
            select(Membership.customer_id, Membership.group_id)
            .where(Membership.group_id.in_(group_ids))
            .order_by(Membership.group_id, Membership.customer_id)
            .limit(ROWS_AT_ONCE)
        ).all()
        if not gone:
            return
        _close(session, [(row[0], row[1]) for row in gone], telling, now)
        _tell_removed(session, [(row[0], row[1], places[row[1]]) for row in gone], telling, now)


def _change_one(session: Session, change: Change, telling: Telling) -> None:
    locks.share_customers(session)
    _must_exist(session, change.group_ids[0])
    [outcome] = change_memberships(session, [change], telling)
    if outcome.erased and change.mode == "add":
        raise CustomerErased(customer_id=change.customer_id)


def _must_exist(session: Session, group_id: UUID) -> None:
    if group_id not in queries.places_of(session, [group_id]):
        raise GroupNotFound(group_id=group_id)


def _apply(change: Change, groups: set[int]) -> Outcome:
    """Change the customer's `groups` and return how."""
    wanted = dict.fromkeys([group_id.int for group_id in change.group_ids])
    added: list[int] = []
    removed: list[int] = []
    if change.mode == "remove":
        removed = [group for group in wanted if group in groups]
    else:
        added = [group for group in wanted if group not in groups]
        if change.mode == "replace":
            removed = [group for group in groups if group not in wanted]
    groups.update(added)
    groups.difference_update(removed)
    return Outcome(len(added), len(removed))


class _Moves(NamedTuple):
    """Who joined and left which group, and the groups before and after of everyone who did."""

    opened: list[tuple[UUID, int]]
    closed: list[tuple[UUID, int]]
    shapes: list[tuple[set[int], set[int]]]


def _moves(
    people: Mapping[int, UUID], before: Mapping[int, set[int]], after: Mapping[int, set[int]]
) -> _Moves:
    nothing: set[int] = set()
    moves = _Moves([], [], [])
    for person, groups in after.items():
        old = before.get(person, nothing)
        if groups == old:
            continue
        customer_id = people[person]
        moves.opened.extend([(customer_id, group) for group in groups if group not in old])
        if old:
            moves.closed.extend([(customer_id, group) for group in old if group not in groups])
        moves.shapes.append((old, groups))
    return moves


def _store(session: Session, moves: _Moves, telling: Telling, now: datetime) -> None:
    mentioned = {group for old, new in moves.shapes for group in (*old, *new)}
    found = queries.places_of(session, [UUID(int=group) for group in mentioned])
    places = {group_id.int: (group_id, place) for group_id, place in found.items()}
    opened = [(customer_id, *places[group]) for customer_id, group in moves.opened]
    closed = [(customer_id, *places[group]) for customer_id, group in moves.closed]
    _close(session, [(c, g) for c, g, _ in closed], telling, now)
    bulk_insert(
        session,
        Membership.__table__,
        COLUMNS,
        [(c, g, now, telling.by, telling.source, telling.reference) for c, g, _ in opened],
    )
    _tell_removed(session, closed, telling, now)
    _tell_added(session, opened, telling, now)
    _count(session, moves, places)


def _close(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], telling: Telling, now: datetime
) -> None:
    """Turn open memberships into spans of the past."""
    spans = []
    for start in range(0, len(pairs), ROWS_AT_ONCE):
        some = pairs[start : start + ROWS_AT_ONCE]
        key = tuple_(Membership.customer_id, Membership.group_id)
        rows = session.execute(
            delete(Membership)
            .where(key.in_(some))
            .returning(*Membership.__table__.columns)
            .execution_options(synchronize_session=False)
        )
        # A clock that was set back must not make a span that ends before it began.
        spans += [(*row, max(now, row.since), telling.by, telling.source) for row in rows]
    bulk_insert(session, PastMembership.__table__, PAST_COLUMNS, spans)


Step = tuple[UUID, UUID, Place]
"""A customer, and the group that was joined or left with its place."""


def _tell_added(session: Session, steps: Iterable[Step], telling: Telling, now: datetime) -> None:
    publish(
        session,
        *[
            CustomerAddedToGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=place.path,
                ancestor_ids=place.ancestor_ids,
                source=telling.source,
                start_sequences=telling.start_sequences,
                occurred_at=now,
            )
            for customer_id, group_id, place in steps
        ],
    )


def _tell_removed(session: Session, steps: Iterable[Step], telling: Telling, now: datetime) -> None:
    publish(
        session,
        *[
            CustomerRemovedFromGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=place.path,
                ancestor_ids=place.ancestor_ids,
                source=telling.source,
                occurred_at=now,
            )
            for customer_id, group_id, place in steps
        ],
    )


def _count(session: Session, moves: _Moves, places: Mapping[int, tuple[UUID, Place]]) -> None:
    """Note the counts that follow from the moves."""
    members = Counter([group for _, group in moves.opened])
    members.subtract([group for _, group in moves.closed])
    families = {
        group: {group, *(ancestor.int for ancestor in place.ancestor_ids)}
        for group, (_, place) in places.items()
    }
    nobody: set[int] = set()
    joined: list[int] = []
    left: list[int] = []
    for old, new in moves.shapes:
        # A customer counts once for a group, in however many groups below it they are.
        has = nobody.union(*[families[group] for group in new])
        if old:
            had = nobody.union(*[families[group] for group in old])
            left.extend(had - has)
            has -= had
        joined.extend(has)
    below = Counter(joined)
    below.subtract(left)
    counts.note_counts(session, members, below)
