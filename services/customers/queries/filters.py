"""What somebody looks for in the customer list, as conditions and as counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from services.customers.models import (
    customers,
    email_key_of,
    group_ancestors,
    groups,
    history_entries,
    memberships,
    search_terms,
)
from services.customers.queries.people import survivor_of
from shared.db import among, gathered

FEW = 10_000
"""A list with up to so many hits is answered from its hits; one with more by walking in list order.

Counting stops there too: to count a million costs more than everything else.
"""


@dataclass(frozen=True)
class HistoryFilter:
    """What one history entry of the customer has to be like. `attributes` are values as they are kept."""

    since: date | None = None
    until: date | None = None
    staff: str | None = None
    info: str | None = None
    action: str | None = None
    text: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """What somebody looks for. `active` None: both. `group` and `groups` are ids or paths.

    `group_mode`: the customer is in `any`, `all` or `none` of the groups.
    """

    active: bool | None = True
    q: str | None = None
    group: str | None = None
    groups: Sequence[str] = ()
    group_mode: str = "any"
    include_subgroups: bool = False
    opt_in: str | None = None
    source: str | None = None
    number: int | None = None
    email: str | None = None
    history: HistoryFilter | None = None

    @property
    def plain(self) -> bool:
        """True if it asks for everybody, or for all active or inactive ones."""
        unsaid = replace(self, include_subgroups=False, group_mode="any", groups=tuple(self.groups))
        return unsaid == Filter(active=self.active)

    def named_groups(self) -> list[str]:
        return list(dict.fromkeys([*([] if self.group is None else [self.group]), *self.groups]))


class Where:
    """A filter in SQL. What has to be looked up first (groups, a number, sources) is looked up once."""

    def __init__(self, session: Session, asked: Filter) -> None:
        self._session = session
        self._terms = search_terms(asked.q) if asked.q else []
        self._own = _of_the_customer(session, asked)
        self._groups: Collection[UUID] | None = None
        named = [
            _groups_asked(session, group, asked.include_subgroups) for group in asked.named_groups()
        ]
        if asked.group_mode == "any" or (len(named) == 1 and asked.group_mode == "all"):
            self._groups = set().union(*named) if named else None
        else:
            among_these = asked.group_mode == "all"
            self._own += [self._is_member(ids, wanted=among_these) for ids in named]

    def hits(self) -> list[ColumnElement[bool]]:
        """Return the conditions in the form that finds few of many."""
        return [
            *self._own,
            *_containing(customers.c.search, self._terms),
            *([] if self._groups is None else [customers.c.id.in_(self._members(self._groups))]),
        ]

    def walked(self) -> list[ColumnElement[bool]]:
        """Return the conditions in a form for walking along an index until the page is full.

        They keep PostgreSQL from collecting all of the many hits before it sorts them.
        """
        found = [*self._own, *_containing(customers.c.search + literal(""), self._terms)]
        if self._groups is not None:
            one = self._members(self._groups).where(memberships.c.customer_id == customers.c.id)
            found.append(one.with_only_columns(literal(True)).limit(1).scalar_subquery())
        return found

    def found(self) -> tuple[int, str]:
        """Return how many there are, up to FEW + 1, and who, for `among`."""
        if self._groups is not None and not self._terms:
            of_groups = self._found_in_groups(self._groups)
            if of_groups is not None:
                return of_groups
        return self._gathered(select(customers.c.id).where(*self.hits()))

    def _found_in_groups(self, ids: Collection[UUID]) -> tuple[int, str] | None:
        """Go along the memberships. None if so many are in several of the groups that it is not clear.

        Looking at one customer after the other ends after FEW of them; a join reads the whole group first.
        """
        members = self._members(ids)
        if len(ids) > 1:
            members = select(members.limit(2 * FEW).subquery()).distinct()
        member = members.subquery().c.customer_id
        fits = select(and_(*self._own)).where(customers.c.id == member)
        count, found = self._gathered(select(member).where(fits.scalar_subquery()))
        if count > FEW or len(ids) <= 1:
            return count, found
        seen = self._members(ids).limit(2 * FEW).subquery()
        rows = self._session.scalar(select(func.count()).select_from(seen)) or 0
        return (count, found) if rows < 2 * FEW else None

    def _gathered(self, hits: Select[Any]) -> tuple[int, str]:
        some = hits.limit(FEW + 1).subquery()
        count, found = self._session.execute(select(func.count(), gathered(some.c[0]))).one()
        return count, found or "{}"

    def _is_member(self, ids: Collection[UUID], *, wanted: bool) -> ColumnElement[bool]:
        found = self._members(ids).where(memberships.c.customer_id == customers.c.id).exists()
        return found if wanted else ~found

    def _members(self, ids: Collection[UUID]) -> Any:
        return select(memberships.c.customer_id).where(
            memberships.c.member, among(memberships.c.group_id, ids)
        )


def _of_the_customer(session: Session, asked: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        customers.c.erased_at.is_(None),
        customers.c.merged_into.is_(None),
    ]
    if asked.active is not None:
        found.append(customers.c.active if asked.active else ~customers.c.active)
    if asked.opt_in is not None:
        found.append(customers.c.opt_in_state == asked.opt_in)
    if asked.source is not None:
        found.append(among(customers.c.sources, _sources_with(session, asked.source)))
    if asked.number is not None:
        found.append(customers.c.id == _numbered(session, asked.number))
    if asked.email is not None:
        found.append(customers.c.email_key == (email_key_of(asked.email) or ""))
    if asked.history is not None:
        found.append(customers.c.id.in_(_noted(asked.history)))
    return found


def _noted(asked: HistoryFilter) -> Select[tuple[UUID]]:
    """Select who has such an entry, and whom they were merged into."""
    entry = history_entries.c
    wanted = [
        column == value
        for column, value in (
            (entry.staff, asked.staff),
            (entry.info, asked.info),
            (entry.action, asked.action),
        )
        if value is not None
    ]
    if asked.since is not None:
        wanted.append(entry.date >= asked.since)
    if asked.until is not None:
        wanted.append(entry.date <= asked.until)
    wanted += _containing(entry.search, search_terms(asked.text) if asked.text else [])
    wanted += [_has(key, value) for key, value in asked.attributes.items()]
    noted = select(entry.customer_id).where(*wanted).cte("noted", recursive=True)
    above = select(customers.c.merged_into).where(
        customers.c.id == noted.c.customer_id, customers.c.merged_into.is_not(None)
    )
    return select(noted.union(above).c.customer_id)


def _has(key: str, value: Any) -> ColumnElement[bool]:
    stored = history_entries.c.attributes[key]
    if isinstance(value, bool):
        return stored.as_boolean() == value
    return stored.as_integer() == value if isinstance(value, int) else stored.as_string() == value


def _containing(
    text: ColumnElement[str], terms: Sequence[Sequence[str]]
) -> list[ColumnElement[bool]]:
    return [or_(*(text.contains(form, autoescape=True) for form in forms)) for forms in terms]


def _numbered(session: Session, number: int) -> UUID | None:
    """Return whom the number means: a merged customer's leads to its survivor."""
    found = session.scalar(select(customers.c.id).where(customers.c.number == number))
    return None if found is None else survivor_of(session, found)


def _sources_with(session: Session, source: str) -> list[str]:
    """Return the combinations of sources that occur and hold this one.

    There are a handful of them, among a million customers: the index is asked for one after the other.
    """
    living = customers.c.erased_at.is_(None)
    least = func.min(customers.c.sources)
    seen = select(least.label("sources")).where(living).cte(recursive=True)
    following = select(least).where(living, customers.c.sources > seen.c.sources).scalar_subquery()
    seen = seen.union_all(select(following).where(seen.c.sources.is_not(None)))
    found = session.scalars(select(seen.c.sources).where(seen.c.sources.is_not(None)))
    return [sources for sources in found if source in sources.split()]


def _groups_asked(session: Session, group: str, include_subgroups: bool) -> set[UUID]:
    ids = _group_ids(session, group)
    if include_subgroups and ids:
        below = select(group_ancestors.c.group_id).where(among(group_ancestors.c.ancestor_id, ids))
        ids |= set(session.scalars(below))
    return ids


def _group_ids(session: Session, group: str) -> set[UUID]:
    try:
        return {UUID(group)}
    except ValueError:
        path = select(groups.c.id).where(groups.c.path == group, ~groups.c.deleted)
        return set(session.scalars(path))
