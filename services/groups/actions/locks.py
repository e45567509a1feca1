"""What waits for what. SQLite has one writer at a time, so only PostgreSQL needs these.

Always taken in this order: the tree, the customers, single customers. Nobody takes one of them after one
that stands behind it, so they cannot lock each other out.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.groups.models import Contact
from shared.db import bulk_upsert, utcnow, uuid_array

_SPACE = 5_746
_TREE, _CUSTOMERS = 1, 2

COLUMNS = (
    "customer_id",
    "version",
    "active",
    "active_version",
    "mentioned_at",
    "sources",
    "opt_in",
)


def lock_tree(session: Session) -> None:
    """Be the only one who creates, renames, moves or deletes groups until this transaction ends."""
    _advise(session, "pg_advisory_xact_lock", _TREE)


def lock_all_customers(session: Session) -> None:
    """Keep everyone else from changing any membership or attribute value until this transaction ends."""
    _advise(session, "pg_advisory_xact_lock", _CUSTOMERS)


def share_customers(session: Session) -> None:
    """Keep `lock_all_customers` away until this transaction ends; many may do this at the same time."""
    _advise(session, "pg_advisory_xact_lock_shared", _CUSTOMERS)


def lock_customers(session: Session, customer_ids: Collection[UUID]) -> set[UUID]:
    """Be the only one who changes these customers' memberships and values until this transaction ends.

    Customers not heard of are written down as mentioned. Returns those that were erased.
    """
    share_customers(session)
    # In the order of their ids: two that want the same customers wait for each other, but never in a circle.
    ids = sorted(customer_ids, key=attrgetter("int"))
    if session.get_bind().dialect.name == "postgresql":
        return _lock_rows(session, uuid_array(ids))
    bulk_upsert(
        session,
        Contact.__table__,
        COLUMNS,
        [(customer_id, 0, True, 0, utcnow(), [], "none") for customer_id in ids],
        key=("customer_id",),
        update=(),
    )
    return set(
        session.scalars(
            select(Contact.customer_id).where(
                Contact.customer_id.in_(ids), Contact.erased_at.is_not(None)
            )
        )
    )


def _lock_rows(session: Session, ids: str) -> set[UUID]:
    connection = session.connection()
    connection.exec_driver_sql(
        "INSERT INTO contacts (customer_id, version, active, active_version, mentioned_at, sources, opt_in) "
        "SELECT id, 0, true, 0, now(), '[]', 'none' FROM unnest(%s::uuid[]) AS id ON CONFLICT DO NOTHING",
        (ids,),
    )
    rows = connection.exec_driver_sql(
        "WITH locked AS (SELECT customer_id, erased_at FROM contacts WHERE customer_id = ANY(%s::uuid[]) "
        "ORDER BY customer_id FOR NO KEY UPDATE) "
        "SELECT customer_id FROM locked WHERE erased_at IS NOT NULL",
        (ids,),
    )
    return {row[0] for row in rows}


def _advise(session: Session, function: str, what: int) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT {function}({_SPACE}, {what})"))
