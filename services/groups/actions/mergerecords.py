"""People and what is kept of their merges, from the database and back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions.conversion import as_input
from services.groups.families import Merge, Person, Row
from services.groups.models import Attribute, AttributeValues, Contact, Membership, MergeRecord
from shared.db import among, bulk_upsert
from shared.values import ValueRefused

Rows = dict[tuple[UUID, UUID], Row]
"""Memberships by customer and group."""

COLUMNS = tuple(MergeRecord.__table__.columns.keys())


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A membership of somebody who is merged."""

    group_id: UUID
    row: Row
    stands: Row | None = None


def read_people(
    session: Session, customer_ids: Collection[UUID]
) -> tuple[list[Person], dict[UUID, queries.Place]]:
    """Return the customers as they are, and the places of all groups that they are in or brought along."""
    people = {
        row.customer_id: Person(row.customer_id, row.merge_version, row.erased_at is not None)
        for row in session.execute(
            select(Contact.customer_id, Contact.merge_version, Contact.erased_at).where(
                among(Contact.customer_id, customer_ids)
            )
        )
    }
    for row in session.execute(
        select(*Membership.__table__.columns).where(among(Membership.customer_id, customer_ids))
    ):
        people[row.customer_id].rows[row.group_id] = Row(
            since=row.since, by=row.by, source=row.source, reference=row.reference
        )
    for customer_id, document in session.execute(
        select(AttributeValues.customer_id, AttributeValues.document).where(
            among(AttributeValues.customer_id, customer_ids)
        )
    ):
        people[customer_id].values = dict(document)
    records = [r for r in queries.merges_of(session, customer_ids) if r.loser_id in people]
    _remember(session, people, records)
    groups = {group for person in people.values() for group in person.rows}
    places = queries.places_of(session, groups)
    for record in records:
        # What was deleted meanwhile is not given back.
        person = people[record.loser_id]
        person.rows = {group: row for group, row in person.rows.items() if group in places}
    return list(people.values()), places


def _remember(session: Session, people: dict[UUID, Person], records: Sequence[MergeRecord]) -> None:
    attributes = queries.customer_attributes(session) if any(r.filled for r in records) else {}
    for record in records:
        merge = Merge(record.survivor_id, record.operation_id, record.merged_at, record.place)
        person = people[record.loser_id]
        person.merge = merge
        for kept in msgspec.convert(record.memberships, list[_Kept]):
            person.rows[kept.group_id] = kept.row
            if kept.stands is not None:
                merge.stands[kept.group_id] = kept.stands
        merge.filled = {
            key: _as_defined(attributes[key], before)
            for key, before in record.filled.items()
            if key in attributes
        }


def _as_defined(attribute: Attribute, value: Any) -> Any:
    """Return a kept value as the attribute is defined by now; None if it can no longer be one."""
    if value is None:
        return None
    try:
        return attribute.parser()(as_input(value, attribute.type))
    except ValueRefused:
        return None


def write_records(session: Session, people: Sequence[Person]) -> None:
    """Keep what undoing the merges of these people needs; of those not merged nothing."""
    parted = [one.id for one in people if one.merge is None]
    if parted:
        session.execute(
            delete(MergeRecord).where(among(MergeRecord.loser_id, parted)),
            execution_options={"synchronize_session": False},
        )
    bulk_upsert(
        session,
        MergeRecord.__table__,
        COLUMNS,
        [_record(one, one.merge) for one in people if one.merge is not None],
        key=("loser_id",),
    )


def _record(person: Person, merge: Merge) -> tuple[object, ...]:
    kept = [
        _Kept(group_id=group, row=row, stands=merge.stands.get(group))
        for group, row in person.rows.items()
    ]
    values = {
        "loser_id": person.id,
        "survivor_id": merge.survivor_id,
        "operation_id": merge.operation_id,
        "merged_at": merge.at,
        "place": merge.place,
        "memberships": msgspec.to_builtins(kept),
        "filled": merge.filled,
    }
    return tuple(values[column] for column in COLUMNS)
