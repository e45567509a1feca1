"""Customers become one, and two again: their groups and values move, exactly so far as they moved before.

All that can be touched is locked and read, the merges are made in memory (`services.groups.families`), and
what differs is written and told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import delete, tuple_
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.mergerecords import Rows, read_people, write_records
from services.groups.actions.moves import Moves, Telling, note_moves, tell_added, tell_removed
from services.groups.actions.values import Document, merge_values
from services.groups.families import SOURCE, Families, Heard, Person, Row
from services.groups.models import Contact, Membership, PastMembership
from shared.db import bulk_insert, bulk_upsert, utcnow

ROWS_AT_ONCE = 5_000
COLUMNS = tuple(Membership.__table__.columns.keys())


def merge_people(session: Session, merges: Sequence[Heard]) -> None:
    """Let survivors have what those merged into them have. Told twice or too late, it changes nothing."""
    change = _Change(session, {id_ for one in merges for id_ in (one.loser_id, one.survivor_id)})
    for heard in merges:
        change.families.merge(heard, change.now)
    change.write()


def undo_merges(session: Session, undone: Sequence[tuple[UUID, int]]) -> None:
    """Let customers, given with their version, stand for themselves again."""
    change = _Change(session, {customer_id for customer_id, _ in undone})
    for customer_id, version in undone:
        change.families.undo(customer_id, version)
    change.write()


class _Change:
    """All people that merges touch, as they were and as they are to be."""

    def __init__(self, session: Session, named: Collection[UUID]) -> None:
        self._session = session
        self.now = utcnow()
        people, self._places = read_people(session, _lock_families(session, named))
        self._before = {person.id: person for person in people}
        self.families = Families(person.copy() for person in people)

    def write(self) -> None:
        self._write_merges()
        before, after = self._before.values(), self.families.people.values()
        old, new = _standing(before), _standing(after)
        self._write_spans(old, new, _on_paper(before), _on_paper(after))
        self._tell(old, new)
        self._write_values()

    def _write_merges(self) -> None:
        told, kept = [], []
        for one in sorted(self.families.people.values(), key=attrgetter("id")):
            was = self._before[one.id]
            if (one.version, one.merge) != (was.version, was.merge):
                told.append(one)
            if one.merge != was.merge or (one.merge and one.rows != was.rows):
                kept.append(one)
        bulk_upsert(
            self._session,
            Contact.__table__,
            (*locks.COLUMNS, "merged_into", "merge_version"),
            [
                (one.id, 0, True, 0, self.now, [], "none", _survivor(one), one.version)
                for one in told
            ],
            key=("customer_id",),
            update=("merged_into", "merge_version"),
        )
        write_records(self._session, kept)

    def _write_spans(self, old: Rows, new: Rows, was_kept: Rows, kept: Rows) -> None:
        """Who is merged was in her groups until now; who no longer is, has been in them all the time."""
        session = self._session
        past = PastMembership
        spans = tuple_(past.customer_id, past.group_id, past.since)
        again = [(*pair, row.since) for pair, row in was_kept.items() if kept.get(pair) != row]
        _delete(session, past, spans, again)
        pairs = tuple_(Membership.customer_id, Membership.group_id)
        _delete(session, Membership, pairs, [p for p, row in old.items() if new.get(p) != row])
        bulk_insert(
            session,
            past.__table__,
            (*COLUMNS, "until", "ended_by", "ended_source"),
            [
                (*_columns(pair, row), max(self.now, row.since), "", SOURCE)
                for pair, row in old.items()
                if kept.get(pair) == row
            ],
        )
        bulk_insert(
            session,
            Membership.__table__,
            COLUMNS,
            [_columns(pair, row) for pair, row in new.items() if old.get(pair) != row],
        )

    def _tell(self, old: Rows, new: Rows) -> None:
        session, places = self._session, self._places
        telling = Telling(by="", source=SOURCE, start_sequences="no")
        left = [(*pair, places[pair[1]]) for pair in old if pair not in new]
        joined = [(*pair, places[pair[1]]) for pair in new if pair not in old]
        tell_removed(session, left, telling, self.now)
        tell_added(session, joined, telling, self.now)
        moves = Moves(
            [(customer_id, group_id.int) for customer_id, group_id, _ in joined],
            [(customer_id, group_id.int) for customer_id, group_id, _ in left],
            _shapes(old, new),
        )
        note_moves(session, moves, {group.int: (group, place) for group, place in places.items()})

    def _write_values(self) -> None:
        wanted: dict[UUID, Document] = {}
        for one in self.families.people.values():
            was = self._before[one.id].values
            keys = [key for key in {**was, **one.values} if one.values.get(key) != was.get(key)]
            if keys:
                wanted[one.id] = {key: one.values.get(key) for key in keys}
        merge_values(self._session, wanted, now=self.now)


def _lock_families(session: Session, named: Collection[UUID]) -> set[UUID]:
    """Lock the customers and whom they are merged into. Return them with all who are merged into them."""
    locks.share_customers(session)
    wanted = set(named)
    while True:
        wanted |= set(queries.survivors_above(session, wanted).values())
        locked = locks.lock_customers(session, wanted)
        if wanted.issuperset(locked.merged.values()):
            break
    # What is kept of a merge is only written under the survivor's lock.
    return wanted | {record.loser_id for record in queries.merges_of(session, wanted)}


def _standing(people: Iterable[Person]) -> Rows:
    """Return the memberships of those who stand for themselves."""
    return {
        (one.id, group): row for one in people if not one.merge for group, row in one.rows.items()
    }


def _on_paper(people: Iterable[Person]) -> Rows:
    """Return the memberships that are kept of those who are merged."""
    return {(one.id, group): row for one in people if one.merge for group, row in one.rows.items()}


def _shapes(old: Rows, new: Rows) -> list[tuple[set[int], set[int]]]:
    """Return for each customer the groups before and after."""
    shapes: dict[UUID, tuple[set[int], set[int]]] = {}
    for side, rows in enumerate((old, new)):
        for customer_id, group_id in rows:
            shapes.setdefault(customer_id, (set(), set()))[side].add(group_id.int)
    return [shape for shape in shapes.values() if shape[0] != shape[1]]


def _columns(pair: tuple[UUID, UUID], row: Row) -> tuple[object, ...]:
    return (*pair, row.since, row.by, row.source, row.reference)


def _survivor(person: Person) -> UUID | None:
    return None if person.merge is None else person.merge.survivor_id


def _delete(session: Session, table: Any, key: Any, found: Sequence[Any]) -> None:
    for start in range(0, len(found), ROWS_AT_ONCE):
        session.execute(
            delete(table).where(key.in_(found[start : start + ROWS_AT_ONCE])),
            execution_options={"synchronize_session": False},
        )
