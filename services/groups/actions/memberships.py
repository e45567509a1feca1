"""Putting customers into groups and taking them out: told once, kept as spans of time, many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Outcome:
    """What a change did. `erased`: nothing, because there is no such person any more."""

    added: list[UUID] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
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
    customer_ids = {change.customer_id for change in changes}
    erased = locks.lock_customers(session, customer_ids)
    before = queries.groups_of(session, customer_ids)
    after: dict[UUID, set[UUID]] = {}
    outcomes = []
    for change in changes:
        customer_id = change.customer_id
        if customer_id in erased:
            outcomes.append(Outcome(erased=True))
            continue
        groups = after.get(customer_id)
        if groups is None:
            groups = after[customer_id] = set(before.get(customer_id, ()))
        outcomes.append(_apply(change, groups))
    _store(session, before, after, telling, now)
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
        _tell_removed(session, [(row[0], row[1]) for row in gone], places, telling, now)


def _change_one(session: Session, change: Change, telling: Telling) -> None:
    locks.share_customers(session)
    _must_exist(session, change.group_ids[0])
    [outcome] = change_memberships(session, [change], telling)
    if outcome.erased and change.mode == "add":
        raise CustomerErased(customer_id=change.customer_id)


def _must_exist(session: Session, group_id: UUID) -> None:
    if group_id not in queries.places_of(session, [group_id]):
        raise GroupNotFound(group_id=group_id)


def _apply(change: Change, groups: set[UUID]) -> Outcome:
    """Change the customer's `groups` and return how."""
    wanted = dict.fromkeys(change.group_ids)
    added: list[UUID] = []
    removed: list[UUID] = []
    if change.mode == "remove":
        removed = [group for group in wanted if group in groups]
    else:
        added = [group for group in wanted if group not in groups]
        if change.mode == "replace":
            removed = sorted(group for group in groups if group not in wanted)
    groups.update(added)
    groups.difference_update(removed)
    return Outcome(added, removed)


def _store(
    session: Session,
    before: Mapping[UUID, set[UUID]],
    after: Mapping[UUID, set[UUID]],
    telling: Telling,
    now: datetime,
) -> None:
    nothing: set[UUID] = set()
    opened: list[tuple[UUID, UUID]] = []
    closed: list[tuple[UUID, UUID]] = []
    shapes: Counter[tuple[frozenset[UUID], frozenset[UUID]]] = Counter()
    for customer_id, groups in after.items():
        old = before.get(customer_id, nothing)
        if groups == old:
            continue
        opened += [(customer_id, group_id) for group_id in groups - old]
        closed += [(customer_id, group_id) for group_id in old - groups]
        shapes[frozenset(old), frozenset(groups)] += 1
    if not shapes:
        return
    places = queries.places_of(session, {g for old, new in shapes for g in (*old, *new)})
    _close(session, closed, telling, now)
    bulk_insert(
        session,
        Membership.__table__,
        COLUMNS,
        [(c, g, now, telling.by, telling.source, telling.reference) for c, g in opened],
    )
    _tell_removed(session, closed, places, telling, now)
    _tell_added(session, opened, places, telling, now)
    _count(session, shapes, places)


def _close(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], telling: Telling, now: datetime
) -> None:
    """Turn open memberships into spans of the past."""
    spans = []
    for start in range(0, len(pairs), ROWS_AT_ONCE):
        key = tuple_(Membership.customer_id, Membership.group_id)
        rows = session.execute(
            delete(Membership)
            .where(key.in_(pairs[start : start + ROWS_AT_ONCE]))
            .returning(*Membership.__table__.columns)
            .execution_options(synchronize_session=False)
        )
        # A clock that was set back must not make a span that ends before it began.
        spans += [(*row, max(now, row.since), telling.by, telling.source) for row in rows]
    bulk_insert(session, PastMembership.__table__, PAST_COLUMNS, spans)


def _tell_added(
    session: Session,
    pairs: Iterable[tuple[UUID, UUID]],
    places: Mapping[UUID, Place],
    telling: Telling,
    now: datetime,
) -> None:
    publish(
        session,
        *(
            CustomerAddedToGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=places[group_id].path,
                ancestor_ids=places[group_id].ancestor_ids,
                source=telling.source,
                start_sequences=telling.start_sequences,
                occurred_at=now,
            )
            for customer_id, group_id in pairs
        ),
    )


def _tell_removed(
    session: Session,
    pairs: Iterable[tuple[UUID, UUID]],
    places: Mapping[UUID, Place],
    telling: Telling,
    now: datetime,
) -> None:
    publish(
        session,
        *(
            CustomerRemovedFromGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=places[group_id].path,
                ancestor_ids=places[group_id].ancestor_ids,
                source=telling.source,
                occurred_at=now,
            )
            for customer_id, group_id in pairs
        ),
    )


def _count(
    session: Session,
    shapes: Mapping[tuple[frozenset[UUID], frozenset[UUID]], int],
    places: Mapping[UUID, Place],
) -> None:
    """Note the counts that follow from customers' groups having been `old` and being `new`."""
    members: Counter[UUID] = Counter()
    below: Counter[UUID] = Counter()
    for (old, new), customers in shapes.items():
        for group_id in new - old:
            members[group_id] += customers
        for group_id in old - new:
            members[group_id] -= customers
        # A customer counts once for a group, in however many groups below it they are.
        had, has = _with_ancestors(old, places), _with_ancestors(new, places)
        for group_id in has - had:
            below[group_id] += customers
        for group_id in had - has:
            below[group_id] -= customers
    counts.note_counts(session, members, below)


def _with_ancestors(group_ids: Iterable[UUID], places: Mapping[UUID, Place]) -> set[UUID]:
    return {a for g in group_ids for a in (g, *places[g].ancestor_ids)}
