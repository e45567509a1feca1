"""What waits for what. SQLite has one writer at a time, so only PostgreSQL needs these.

Always taken in this order: facts, the tree, the customers, single customers. Nobody takes one of them after
one that stands behind it, so they cannot lock each other out. A batch of messages is one transaction and may
do so all the same; the database ends the circle, and the batch comes again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.models import Contact
from shared.db import among, bulk_upsert, utcnow, uuid_array

_SPACE = 5_746
_TREE, _CUSTOMERS, _FACTS, _SELECTIONS = 1, 2, 3, 4

COLUMNS = (
    "customer_id",
    "version",
    "active",
    "active_version",
    "mentioned_at",
    "sources",
    "opt_in",
)


def lock_facts(session: Session) -> None:
    """Keep everyone else from writing facts about anybody until this transaction ends."""
    _advise(session, "pg_advisory_xact_lock", _FACTS)


def share_facts(session: Session) -> None:
    """Keep `lock_facts` away until this transaction ends; many may do this at the same time."""
    _advise(session, "pg_advisory_xact_lock_shared", _FACTS)


def lock_selections(session: Session) -> None:
    """Be the only one who saves, changes or deletes selections; taken alone."""
    _advise(session, "pg_advisory_xact_lock", _SELECTIONS)


def lock_tree(session: Session) -> None:
    """Be the only one who creates, renames, moves or deletes groups until this transaction ends."""
    _advise(session, "pg_advisory_xact_lock", _TREE)


def lock_all_customers(session: Session) -> None:
    """Keep everyone else from changing any membership or attribute value until this transaction ends."""
    _advise(session, "pg_advisory_xact_lock", _CUSTOMERS)


def share_customers(session: Session) -> None:
    """Keep `lock_all_customers` away until this transaction ends; many may do this at the same time."""
    _advise(session, "pg_advisory_xact_lock_shared", _CUSTOMERS)


class Locked(NamedTuple):
    """Of customers whom nobody else can change now: who was erased, and who is merged into whom."""

    erased: set[UUID]
    merged: dict[UUID, UUID]


class Meant(NamedTuple):
    """Who is meant by customers that somebody names: those who were merged stand for their survivors."""

    survivors: dict[UUID, UUID]
    erased: set[UUID]

    def by(self, customer_id: UUID) -> UUID:
        return self.survivors.get(customer_id, customer_id)


def lock_meant(session: Session, customer_ids: Collection[UUID]) -> Meant:
    """Lock the customers and, of those who were merged, whom they were merged into."""
    share_customers(session)
    # Looked up before, so that all are locked in one order; looked at again once nobody can change it.
    above = queries.survivors_above(session, customer_ids)
    locked = lock_customers(session, {*customer_ids, *above.values()} if above else customer_ids)
    if not locked.merged:
        return Meant({}, locked.erased)
    wanted = {*customer_ids, *above.values()}
    while missing := set(locked.merged.values()) - wanted:
        wanted |= missing
        locked = lock_customers(session, wanted)
    survivors = {merged: queries.followed(locked.merged, merged) for merged in locked.merged}
    return Meant(survivors, locked.erased)


def lock_customers(session: Session, customer_ids: Collection[UUID]) -> Locked:
    """Be the only one who changes these customers' memberships and values until this transaction ends.

    Customers not heard of are written down as mentioned.
    """
    share_customers(session)
    # In the order of their ids: two that want the same customers wait for each other, but never in a circle.
    ids = sorted(customer_ids, key=attrgetter("int"))
    if session.get_bind().dialect.name == "postgresql":
        return _locked(_lock_rows(session, uuid_array(ids)))
    bulk_upsert(
        session,
        Contact.__table__,
        COLUMNS,
        [(customer_id, 0, True, 0, utcnow(), [], "none") for customer_id in ids],
        key=("customer_id",),
        update=(),
    )
    return _locked(
        session.execute(
            select(Contact.customer_id, Contact.erased_at.is_not(None), Contact.merged_into).where(
                among(Contact.customer_id, ids),
                Contact.erased_at.is_not(None) | Contact.merged_into.is_not(None),
            )
        )
    )


def _lock_rows(session: Session, ids: str) -> Iterable[Any]:
    connection = session.connection()
    connection.exec_driver_sql(
        "INSERT INTO contacts (customer_id, version, active, active_version, mentioned_at, sources, opt_in) "
        "SELECT id, 0, true, 0, now(), '[]', 'none' FROM unnest(%s::uuid[]) AS id ON CONFLICT DO NOTHING",
        (ids,),
    )
    return connection.exec_driver_sql(
        "WITH locked AS (SELECT customer_id, erased_at, merged_into FROM contacts "
        "WHERE customer_id = ANY(%s::uuid[]) ORDER BY customer_id FOR NO KEY UPDATE) "
        "SELECT customer_id, erased_at IS NOT NULL, merged_into FROM locked "
        "WHERE erased_at IS NOT NULL OR merged_into IS NOT NULL",
        (ids,),
    )


def _locked(rows: Iterable[Any]) -> Locked:
    locked = Locked(set(), {})
    for customer_id, erased, merged_into in rows:
        if erased:
            locked.erased.add(customer_id)
        if merged_into is not None:
            locked.merged[customer_id] = merged_into
    return locked


def _advise(session: Session, function: str, what: int) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT {function}({_SPACE}, {what})"))
