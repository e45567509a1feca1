"""What is known of thousands of customers at once: groups, values, and since when it is as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Select,
    cast,
    extract,
    func,
    literal_column,
    nulls_last,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from services.groups.models import AttributeValues, Contact, Group, Membership, PastMembership
from services.groups.queries.selections import SORTS
from shared.db import among, as_csv, csv_of, packed_ids

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def in_order(session: Session, whom: Select[Any], sort: str) -> bytes:
    """Return the ids that a selection means now, in this order: 16 bytes each.

    Sorted by `group` everybody stands at the first of their groups, in the order of the tree; who is in none
    comes last, also from behind.
    """
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name == "group":
        first = (
            select(Membership.customer_id, func.min(Group.path_sort).label("path"))
            .join(Group, Group.id == Membership.group_id)
            .group_by(Membership.customer_id)
            .subquery()
        )
        whom = whom.outerjoin(first, first.c.customer_id == Contact.customer_id)
        path = first.c.path.desc() if descending else first.c.path
        whom = whom.order_by(nulls_last(path), Contact.name_sort, Contact.customer_id)
    else:
        keys = (SORTS[name], Contact.customer_id)
        whom = whom.order_by(*(key.desc() if descending else key for key in keys))
    return packed_ids(session, whom, Contact.customer_id)


def known_of(session: Session, ids: Collection[UUID], attributes: Sequence[str]) -> bytes:
    """Return what is known of these customers as CSV: id, paths of their groups in the order of the tree with
    " | " between, when groups or values changed last in microseconds since 1970, and a value by each key.

    Who is in no group and has no values may be left out.
    """
    if session.get_bind().dialect.name == "postgresql":
        return as_csv(session, _known(ids, attributes))
    return csv_of(_known_here(session, ids, attributes))


def _known(ids: Collection[UUID], attributes: Sequence[str]) -> Select[Any]:
    """All in one statement: nothing of it passes through Python."""
    in_order: Any = aggregate_order_by(literal_column("' | '"), Group.path_sort, Group.id)
    present = (
        select(
            Membership.customer_id,
            func.string_agg(Group.path, in_order).label("paths"),
            func.max(Membership.since).label("at"),
        )
        .join(Group, Group.id == Membership.group_id)
        .where(among(Membership.customer_id, ids))
        .group_by(Membership.customer_id)
        .subquery()
    )
    past = (
        select(PastMembership.customer_id, func.max(PastMembership.until).label("at"))
        .where(among(PastMembership.customer_id, ids))
        .group_by(PastMembership.customer_id)
        .subquery()
    )
    values = (
        select(AttributeValues.customer_id, AttributeValues.document, AttributeValues.updated_at)
        .where(among(AttributeValues.customer_id, ids))
        .subquery()
    )
    id_ = func.coalesce(present.c.customer_id, past.c.customer_id, values.c.customer_id)
    at = func.greatest(present.c.at, past.c.at, values.c.updated_at)
    return (
        select(
            id_,
            present.c.paths,
            cast(extract("epoch", at) * 1_000_000, BigInteger),
            *(values.c.document[key].as_string() for key in attributes),
        )
        .select_from(present)
        .join(past, past.c.customer_id == present.c.customer_id, full=True)
        .join(
            values,
            values.c.customer_id == func.coalesce(present.c.customer_id, past.c.customer_id),
            full=True,
        )
    )


def _known_here(
    session: Session, ids: Collection[UUID], attributes: Sequence[str]
) -> Iterator[Sequence[Any]]:
    """The same where the database cannot put texts together in an order."""

    def rows(table: Any, *columns: Any) -> Sequence[Any]:
        found = select(table.customer_id, *columns).where(among(table.customer_id, ids))
        if table is Membership:
            found = found.join(Group, Group.id == Membership.group_id)
            found = found.order_by(Group.path_sort, Group.id)
        return session.execute(found).all()

    paths: dict[UUID, list[str]] = {}
    changed: dict[UUID, list[datetime]] = {}
    values: dict[UUID, dict[str, Any]] = {}
    for id_, path, at in rows(Membership, Group.path, Membership.since):
        paths.setdefault(id_, []).append(path)
        changed.setdefault(id_, []).append(at)
    for id_, at in rows(PastMembership, PastMembership.until):
        changed.setdefault(id_, []).append(at)
    for id_, document, at in rows(
        AttributeValues, AttributeValues.document, AttributeValues.updated_at
    ):
        values[id_] = document
        changed.setdefault(id_, []).append(at)
    for id_, moments in changed.items():
        document = values.get(id_, {})
        yield (
            id_,
            " | ".join(paths.get(id_, [])),
            (max(moments) - _EPOCH) // _MICROSECOND,
            *(_text(document.get(key)) for key in attributes),
        )


def _text(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else value
