"""Claiming work: one worker at a time, for as long as it shows that it lives. For imports and for exports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from shared.db import utcnow

LEASE = timedelta(seconds=60)

Kind = TypeVar("Kind")


class LeaseLost(Exception):
    """Another worker has taken the work over, because this one did not answer for too long."""


def claim(
    session: Session, kind: type[Kind], to_do: ColumnElement[bool], owner: UUID, *, oldest_by: Any
) -> Kind | None:
    """Take the oldest that is `to_do` and that nobody works on; None if there is none."""
    table: Any = kind
    now = utcnow()
    found: Any = session.scalars(
        select(table)
        .where(to_do, or_(table.lease_until.is_(None), table.lease_until < now))
        .order_by(oldest_by)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if found is not None:
        found.lease_owner, found.lease_until = owner, now + LEASE
    taken: Kind | None = found
    return taken


def write_as_owner(
    session: Session, kind: type[Any], id_: UUID, owner: UUID, state: str, /, **values: object
) -> bool:
    """Write down something about the work in hand. Returns whether it is to be cancelled.

    Raises LeaseLost if it is not this worker's any more, or not in this state.
    """
    row = session.execute(
        update(kind)
        .where(kind.id == id_, kind.lease_owner == owner, kind.state == state)
        .values(**values)
        .returning(kind.cancel_requested),
        execution_options={"synchronize_session": False},
    ).first()
    if row is None:
        raise LeaseLost
    return bool(row[0])
