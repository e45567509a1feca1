"""The customer list: filters, order, and a total that does not cost more than the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, and_, func, literal, select, true
from sqlalchemy.orm import Session

from services.customers.models import (
    customers,
    email_key_of,
    group_ancestors,
    groups,
    memberships,
    register,
    search_terms,
)
from services.customers.queries.people import one_of, survivor_of

FEW = 10_000
"""A search with up to so many hits is answered from its hits; one with more by walking in list order."""

SORTS: dict[str, Column[Any]] = {
    "name": customers.c.name_sort,
    "number": customers.c.number,
    "registered_at": customers.c.registered_at,
    "updated_at": customers.c.updated_at,
}


@dataclass(frozen=True)
class Filter:
    """What somebody looks for. `active` None: both. `group` is an id or a path."""

    active: bool | None = True
    q: str | None = None
    group: str | None = None
    include_subgroups: bool = False
    opt_in: str | None = None
    source: str | None = None
    number: int | None = None
    email: str | None = None

    @property
    def plain(self) -> bool:
        """True if it asks for everybody, or for all active or inactive ones."""
        return self == Filter(active=self.active)


class List(NamedTuple):
    """What `paginate` needs. `total` stops counting at `FEW + 1` where text was searched for."""

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
    conditions = _conditions(session, asked)
    terms = search_terms(asked.q) if asked.q else []
    hits = and_(true(), *(customers.c.search.contains(term, autoescape=True) for term in terms))
    if total is None:
        total = _total(session, asked, conditions, hits if terms else None)
    statement = select(customers).where(*conditions)
    if terms and total <= FEW:
        found = (
            select(customers.c.id).where(*conditions, hits).cte("found").prefix_with("MATERIALIZED")
        )
        statement = select(customers).where(customers.c.id.in_(select(found.c.id)))
    elif terms:
        # `|| ''` keeps the planner from collecting all of the hits before it sorts them.
        walked = customers.c.search + literal("")
        statement = statement.where(*(walked.contains(term, autoescape=True) for term in terms))
    return List(statement, keys, total)


def _total(
    session: Session,
    asked: Filter,
    conditions: Sequence[ColumnElement[bool]],
    hits: ColumnElement[bool] | None,
) -> int:
    if asked.plain:
        counts = session.execute(select(register.c.active, register.c.inactive)).one()
        return {None: counts.active + counts.inactive, True: counts.active}.get(
            asked.active, counts.inactive
        )
    if hits is None:
        return session.scalar(select(func.count()).select_from(customers).where(*conditions)) or 0
    some = select(customers.c.id).where(*conditions, hits).limit(FEW + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _conditions(session: Session, asked: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        customers.c.erased_at.is_(None),
        customers.c.merged_into.is_(None),
    ]
    if asked.active is not None:
        found.append(customers.c.active if asked.active else ~customers.c.active)
    if asked.opt_in is not None:
        found.append(customers.c.opt_in_state == asked.opt_in)
    if asked.source is not None:
        found.append((" " + customers.c.sources + " ").contains(f" {asked.source} "))
    if asked.number is not None:
        found.append(customers.c.id == _numbered(session, asked.number))
    if asked.email is not None:
        found.append(customers.c.email_key == (email_key_of(asked.email) or ""))
    if asked.group is not None:
        found.append(_in_group(session, asked.group, asked.include_subgroups))
    return found


def _numbered(session: Session, number: int) -> UUID | None:
    """Return whom the number means: a merged customer's leads to its survivor."""
    found = session.scalar(select(customers.c.id).where(customers.c.number == number))
    return None if found is None else survivor_of(session, found)


def _in_group(session: Session, group: str, include_subgroups: bool) -> ColumnElement[bool]:
    # The groups are found first: their number then tells the planner where to begin.
    ids = _group_ids(session, group)
    if include_subgroups and ids:
        ids |= set(
            session.scalars(
                select(group_ancestors.c.group_id).where(
                    one_of(session, group_ancestors.c.ancestor_id, ids)
                )
            )
        )
    members = select(memberships.c.customer_id).where(
        memberships.c.member, one_of(session, memberships.c.group_id, ids)
    )
    return customers.c.id.in_(members)


def _group_ids(session: Session, group: str) -> set[UUID]:
    try:
        return {UUID(group)}
    except ValueError:
        path = select(groups.c.id).where(groups.c.path == group, ~groups.c.deleted)
        return set(session.scalars(path))


def groups_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return for each customer the groups it is in, by path."""
    found: dict[UUID, list[dict[str, Any]]] = {customer_id: [] for customer_id in ids}
    if not ids:
        return found
    rows = session.execute(
        select(memberships.c.customer_id, groups.c.id, groups.c.path)
        .join(groups, groups.c.id == memberships.c.group_id)
        .where(one_of(session, memberships.c.customer_id, ids), memberships.c.member)
        .where(~groups.c.deleted)
        .order_by(groups.c.path)
    )
    for customer_id, group_id, path in rows:
        found[customer_id].append({"id": group_id, "path": path})
    return found
