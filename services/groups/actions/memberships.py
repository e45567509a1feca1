"""Putting customers into groups and taking them out: told once, kept as spans of time, many at once.

Inside, customers and groups go by the number of their id: a dictionary finds a number ten times as fast as a
UUID, which is hashed and compared by Python code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.moves import Moves, Telling, note_moves, tell_added, tell_removed
from services.groups.errors import CustomerErased, GroupNotFound
from services.groups.models import Membership, PastMembership
from shared.db import among, bulk_insert, utcnow

Mode = Literal["add", "replace", "remove"]

ROWS_AT_ONCE = 5_000
PAST_COLUMNS = tuple(PastMembership.__table__.columns.keys())
COLUMNS = tuple(Membership.__table__.columns.keys())


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
    session: Session,
    changes: Sequence[Change],
    telling: Telling,
    *,
    now: datetime | None = None,
    meant: locks.Meant | None = None,
) -> list[Outcome]:
    """Make the changes in their order and return what each did. The groups exist (see `share_customers`).

    A customer who leaves and joins a group, or joins and leaves it, within `changes` never did. What is meant
    for one who was merged is done for the survivor. `meant`: the caller has locked the customers.
    """
    meant = meant or locks.lock_meant(session, {change.customer_id for change in changes})
    if meant.survivors:
        changes = [c._replace(customer_id=meant.by(c.customer_id)) for c in changes]
    return _change(session, changes, telling, now or utcnow(), meant.erased)


def end_memberships_of(
    session: Session, customer_ids: Iterable[UUID], telling: Telling, *, now: datetime
) -> None:
    """End all memberships of exactly these customers."""
    changes = [Change(customer_id, "replace", []) for customer_id in customer_ids]
    locked = locks.lock_customers(session, [change.customer_id for change in changes])
    _change(session, changes, telling, now, locked.erased)


def _change(
    session: Session,
    changes: Sequence[Change],
    telling: Telling,
    now: datetime,
    erased: Collection[UUID],
) -> list[Outcome]:
    gone = {customer_id.int for customer_id in erased}
    people = {change.customer_id.int: change.customer_id for change in changes}
    before = queries.groups_of(session, people.values())
    after: dict[int, set[int]] = {}
    outcomes = []
    for change in changes:
        person = change.customer_id.int
        if person in gone:
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


def reopen_memberships(
    session: Session, spans: Sequence[PastMembership], telling: Telling, *, now: datetime
) -> int:
    """Undo the end of memberships: they are as if they had never ended. The customers are locked.

    Spans in groups that there are no more, or that the customer is in again, stay ended. Returns how many
    memberships are there again.
    """
    before = queries.groups_of(session, {span.customer_id for span in spans})
    mentioned = {span.group_id for span in spans}
    mentioned.update(UUID(int=group) for groups in before.values() for group in groups)
    places = queries.places_of(session, mentioned)
    nowhere: set[int] = set()
    again = [
        span
        for span in spans
        if span.group_id in places
        and span.group_id.int not in before.get(span.customer_id.int, nowhere)
    ]
    if not again:
        return 0
    rows = [tuple(getattr(span, name) for name in COLUMNS) for span in again]
    steps = [(span.customer_id, span.group_id, places[span.group_id]) for span in again]
    for span in again:
        session.delete(span)
    session.flush()
    bulk_insert(session, Membership.__table__, COLUMNS, rows)
    tell_added(session, steps, telling, now)
    after: dict[int, set[int]] = {}
    for customer_id, group_id, _ in steps:
        person = customer_id.int
        after.setdefault(person, set(before.get(person, nowhere))).add(group_id.int)
    shapes = [(before.get(person, nowhere), groups) for person, groups in after.items()]
    moves = Moves([(c, g.int) for c, g, _ in steps], [], shapes)
    note_moves(session, moves, {g.int: (g, place) for g, place in places.items()})
    return len(again)


def end_memberships_in(session: Session, group_ids: Collection[UUID], *, by: str) -> None:
    """End every membership in groups that are about to be deleted, a part at a time.

    All customers are locked. The groups' own counts go with them; those above are the caller's.
    """
    now = utcnow()
    telling = Telling(by=by, source="group_deleted")
    while True:
        gone = session.execute(
            select(Membership.customer_id, Membership.group_id)
            .where(among(Membership.group_id, group_ids))
            .order_by(Membership.group_id, Membership.customer_id)
            .limit(ROWS_AT_ONCE)
        ).all()
        if not gone:
            return
        _close(session, [(row[0], row[1]) for row in gone], telling, now)
        places = queries.places_of(session, {row[1] for row in gone})
        tell_removed(session, [(row[0], row[1], places[row[1]]) for row in gone], telling, now)


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


def _moves(
    people: Mapping[int, UUID], before: Mapping[int, set[int]], after: Mapping[int, set[int]]
) -> Moves:
    nothing: set[int] = set()
    moves = Moves([], [], [])
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


def _store(session: Session, moves: Moves, telling: Telling, now: datetime) -> None:
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
    tell_removed(session, closed, telling, now)
    tell_added(session, opened, telling, now)
    note_moves(session, moves, places)


def _close(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], telling: Telling, now: datetime
) -> None:
    """Turn open memberships into spans of the past."""
    members: dict[UUID, list[UUID]] = {}
    for customer_id, group_id in pairs:
        members.setdefault(group_id, []).append(customer_id)
    spans = []
    # Group by group: of a list of a thousand pairs PostgreSQL makes a plan with as many branches.
    for group_id, customer_ids in members.items():
        rows = session.execute(
            delete(Membership)
            .where(Membership.group_id == group_id, among(Membership.customer_id, customer_ids))
            .returning(*Membership.__table__.columns)
            .execution_options(synchronize_session=False)
        )
        # A clock that was set back must not make a span that ends before it began.
        spans += [
            (*row, max(now, row.since), telling.by, telling.source, telling.reference)
            for row in rows
        ]
    bulk_insert(session, PastMembership.__table__, PAST_COLUMNS, spans)
