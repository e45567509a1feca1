"""The pairs that may be one person, and the clusters of those that surely are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, alias, func, or_, select
from sqlalchemy.orm import Session

from services.customers.models import comparisons_due, customers, duplicates
from services.customers.queries.people import survivor_of
from shared.db import among

COUNTED = 10_000
"""Pairs are counted up to here; a total of one more means: more than that."""

PAIR_KEYS = [
    (duplicates.c.score, True),
    (duplicates.c.first_id, True),
    (duplicates.c.second_id, True),
]

_first = alias(customers, "first")
_second = alias(customers, "second")


def pair_list(
    session: Session,
    *,
    min_score: int = 0,
    exact: bool | None = None,
    customer_id: UUID | None = None,
    dismissed: bool = False,
) -> Select[Any]:
    """Return the pairs asked for, both of whom are there. A merged customer's pairs are its survivor's."""
    found = _standing().where(duplicates.c.score >= min_score)
    if exact is not None:
        found = found.where(duplicates.c.exact == exact)
    if customer_id is not None:
        who = survivor_of(session, customer_id)
        found = found.where(or_(duplicates.c.first_id == who, duplicates.c.second_id == who))
    is_ = duplicates.c.dismissed_at
    return found.where(is_.is_not(None) if dismissed else is_.is_(None))


def count_pairs(session: Session, pairs: Select[Any]) -> int:
    """Count the pairs, up to one more than COUNTED."""
    some = pairs.with_only_columns(duplicates.c.first_id).limit(COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def anybody_due(session: Session) -> bool:
    """True if some customer is still to be compared."""
    return session.execute(select(comparisons_due).limit(1)).first() is not None


def comparisons_pending(session: Session) -> int:
    """Return how many customers are still to be compared."""
    return session.scalar(select(func.count()).select_from(comparisons_due)) or 0


def _standing() -> Select[Any]:
    return (
        select(duplicates)
        .join(_first, _first.c.id == duplicates.c.first_id)
        .join(_second, _second.c.id == duplicates.c.second_id)
        .where(*(c.erased_at.is_(None) for c in (_first.c, _second.c)))
        .where(*(c.merged_into.is_(None) for c in (_first.c, _second.c)))
    )


def exact_clusters(session: Session, limit: int) -> list[list[UUID]]:
    """Return up to `limit` groups of customers of whom each is surely the same person as each other.

    The longest known comes first in each. Empty fields contradict nothing, so A may be B and B be C without A
    being C: such a chain is split.
    """
    pairs = _standing().where(duplicates.c.exact, duplicates.c.dismissed_at.is_(None))
    seeds = session.execute(
        pairs.with_only_columns(duplicates.c.first_id, duplicates.c.second_id)
        .order_by(duplicates.c.first_id, duplicates.c.second_id)
        # More pairs than clusters: three customers are three pairs.
        .limit(limit * 4)
    ).all()
    same: defaultdict[UUID, set[UUID]] = defaultdict(set)
    frontier = _connect(same, seeds)
    while frontier:
        around = or_(
            among(duplicates.c.first_id, frontier), among(duplicates.c.second_id, frontier)
        )
        rows = session.execute(
            pairs.where(around).with_only_columns(duplicates.c.first_id, duplicates.c.second_id)
        )
        frontier = _connect(same, rows)
    clusters: list[list[UUID]] = []
    left = set(same)
    for first in sorted(same):
        if first in left and len(clusters) < limit:
            cluster = _clique(first, sorted(same[first] & left), same)
            left.difference_update(cluster)
            if len(cluster) > 1:
                clusters.append(cluster)
    return clusters


def _connect(same: dict[UUID, set[UUID]], rows: Iterable[Any]) -> set[UUID]:
    """Add the pairs; return who was not known before."""
    before = set(same)
    for one, other in rows:
        same[one].add(other)
        same[other].add(one)
    return same.keys() - before


def _clique(first: UUID, others: Iterable[UUID], same: dict[UUID, set[UUID]]) -> list[UUID]:
    found = [first]
    for other in others:
        if same[other].issuperset(found):
            found.append(other)
    return found
