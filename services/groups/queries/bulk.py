"""What is known of thousands of customers at once: groups, values, and since when it is as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, nulls_last, select, type_coerce
from sqlalchemy.orm import Session

from services.groups.models import AttributeValues, Contact, Group, Membership, PastMembership
from services.groups.queries.selections import SORTS
from shared.db import among

IDS_AT_ONCE = 20_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Known = tuple[Any, list[str], dict[str, Any], int]
"""Id, paths in their order, values by key, and when one of them changed last, in microseconds since 1970."""


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
    postgresql = session.get_bind().dialect.name == "postgresql"
    id_: Any = Contact.customer_id
    id_ = func.uuid_send(id_) if postgresql else type_coerce(id_, Text)
    found = bytearray()
    rows = session.execute(
        whom.with_only_columns(id_, maintain_column_froms=True),
        execution_options={"yield_per": IDS_AT_ONCE},
    )
    for part in rows.scalars().partitions():
        found += b"".join(part) if postgresql else bytes.fromhex("".join(part))
    return bytes(found)


def known_of(session: Session, ids: Collection[UUID]) -> Iterator[Known]:
    """Give groups and values of these customers; those of whom nothing is known are left out."""
    # Text that the database wrote need not be made an id and text again for each row.
    postgresql = session.get_bind().dialect.name == "postgresql"

    def rows(table: Any, *columns: Any) -> Sequence[Any]:
        whose = table.customer_id
        id_ = cast(whose, Text) if postgresql else whose
        found = select(id_, *columns).where(among(whose, ids))
        if table is Membership:
            found = found.join(Group, Group.id == Membership.group_id)
            found = found.order_by(Group.path_sort, Group.id)
        if table is PastMembership:
            found = found.group_by(whose)
        return session.execute(found).all()

    paths: dict[Any, list[str]] = {}
    since: dict[Any, datetime] = {}
    for id_, path, at in rows(Membership, Group.path, Membership.since):
        if id_ in paths:
            paths[id_].append(path)
            since[id_] = max(since[id_], at)
        else:
            paths[id_] = [path]
            since[id_] = at
    for id_, at in rows(PastMembership, func.max(PastMembership.until)):
        if id_ not in since or at > since[id_]:
            since[id_] = at
    values: dict[Any, dict[str, Any]] = {}
    for id_, document, at in rows(
        AttributeValues, AttributeValues.document, AttributeValues.updated_at
    ):
        values[id_] = document
        if id_ not in since or at > since[id_]:
            since[id_] = at
    for id_, at in since.items():
        yield id_, paths.get(id_, []), values.get(id_, {}), (at - _EPOCH) // _MICROSECOND
