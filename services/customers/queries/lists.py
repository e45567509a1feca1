"""The customer list: its order, and a total that does not cost more than the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Select, select
from sqlalchemy.orm import Session

from services.customers.models import customers, groups, memberships, register
from services.customers.queries.filters import FEW, Filter, Where
from shared.db import among, ids_given

SORTS: dict[str, Column[Any]] = {
    "name": customers.c.name_sort,
    "number": customers.c.number,
    "registered_at": customers.c.registered_at,
    "updated_at": customers.c.updated_at,
}


class List(NamedTuple):
    """What `paginate` needs. `total` stops counting at `FEW + 1` unless everybody was asked for."""

    statement: Select[Any]
    keys: Sequence[tuple[Column[Any], bool]]
    total: int


def customer_list(session: Session, asked: Filter, sort: str, total: int | None) -> List:
    """Return the list `asked` for. `total` is what the first page said: pages after it do not count again."""
    descending = sort.startswith("-")
    column = SORTS[sort.removeprefix("-")]
    keys = [(column, descending)]
    if not column.unique:
        keys.append((customers.c.id, descending))
    where = Where(session, asked)
    found: str | None = None
    if total is None and asked.plain:
        total = _everybody(session, asked.active)
    elif total is None:
        total, found = where.found()
    if asked.plain or total > FEW:
        statement = select(customers).where(*where.walked())
    elif found is not None:
        statement = select(customers).where(among(customers.c.id, found))
    else:
        hits = select(customers.c.id).where(*where.hits()).cte("hits").prefix_with("MATERIALIZED")
        statement = select(customers).where(customers.c.id.in_(select(hits.c.id)))
    return List(statement, keys, total)


def _everybody(session: Session, active: bool | None) -> int:
    counts = session.execute(select(register.c.active, register.c.inactive)).one()
    return {None: counts.active + counts.inactive, True: counts.active}.get(active, counts.inactive)


_GROUPS = (
    select(memberships.c.customer_id, groups.c.id, groups.c.path, groups.c.origin)
    .join(groups, groups.c.id == memberships.c.group_id)
    .where(among(memberships.c.customer_id, ids_given("ids")), memberships.c.member)
    .where(~groups.c.deleted)
    .order_by(groups.c.path)
)


def groups_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return for each customer the groups it is in, by path."""
    found: dict[UUID, list[dict[str, Any]]] = {customer_id: [] for customer_id in ids}
    if not ids:
        return found
    # All at once: row by row a page's groups take longer than its customers.
    for customer_id, group_id, path, origin in session.execute(_GROUPS, {"ids": ids}).all():
        found[customer_id].append({"id": group_id, "path": path, "origin": origin})
    return found
