"""One history entry for many customers: an operation, seen before it begins and taken back as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.history import read_entry
from services.customers.actions.operations import begin
from services.customers.models import customers
from services.customers.queries import Filter
from shared.db import among

KIND = "history_batch"
Whom = Filter | Collection[UUID]


def count_for_entry(session: Session, whom: Whom, values: Mapping[str, Any]) -> int:
    """Return for how many customers there would be an entry. Raises Invalid as the act itself would."""
    read_entry(session, values)
    counted = select(func.count()).select_from(_living(session, whom).subquery())
    return session.scalar(counted) or 0


def add_entry_for_all(session: Session, whom: Whom, values: Mapping[str, Any], *, by: str) -> Any:
    """Note the same about each of the customers; return the operation.

    Who was merged into another counts as that one; erased and unknown ones are left out.
    """
    entry = read_entry(session, values)
    request: dict[str, Any] = {"entry": {**entry, "date": entry["date"].isoformat()}}
    if isinstance(whom, Filter):
        request["selection"] = msgspec.to_builtins(whom)
    return begin(session, KIND, _living(session, whom), request=request, by=by)


def _living(session: Session, whom: Whom) -> Select[tuple[UUID]]:
    if isinstance(whom, Filter):
        found = queries.customer_list(session, whom, "name", None).statement
        return found.with_only_columns(customers.c.id)
    ids = set(whom)
    while moved := _merged(session, ids):
        ids = (ids - moved.keys()) | set(moved.values())
    return select(customers.c.id).where(among(customers.c.id, ids), customers.c.erased_at.is_(None))


def _merged(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    rows = session.execute(
        select(customers.c.id, customers.c.merged_into).where(
            among(customers.c.id, ids),
            customers.c.merged_into.is_not(None),
            customers.c.erased_at.is_(None),
        )
    )
    return {row.id: row.merged_into for row in rows}
