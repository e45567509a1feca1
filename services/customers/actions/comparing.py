"""Comparing who is new or changed with everybody else, and keeping the pairs that may be one person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.orm import Session

from services.customers.errors import DuplicateNotFound
from services.customers.likeness import WEIGHTS, Likeness, judge
from services.customers.models import comparisons_due, duplicates
from services.customers.queries.partners import Pair, comparable, partners
from shared.db import among, bulk_insert, bulk_upsert, utcnow, wake

CHANNEL = "comparisons"
LIKELY = 50
"""A pair with a lower score is not kept."""

LOCK_KEY = 5_746_031
"""Of PostgreSQL's advisory locks: whoever compares does it alone. Two could each miss the other's half."""


def note_due(session: Session, new: Sequence[UUID], changed: Collection[UUID]) -> None:
    """Have these customers compared soon."""
    if not (new or changed):
        return
    bulk_insert(session, comparisons_due, ("customer_id",), [(i,) for i in new])
    # The row is written even if it is there: whoever is about to take it has to wait for this change.
    bulk_upsert(
        session,
        comparisons_due,
        ("customer_id",),
        [(i,) for i in sorted(changed)],
        key=("customer_id",),
        update=("customer_id",),
    )
    wake(session, CHANNEL)


def compare_again(session: Session, ids: Collection[UUID]) -> None:
    """Let go of what was found about these customers and have them compared anew.

    That staff know them to be two persons stays known.
    """
    _forget_open(session, ids)
    note_due(session, (), set(ids))


def compare_due(session: Session, limit: int) -> int:
    """Compare up to `limit` customers with all others; return how many of the queue that were."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    first = (
        select(comparisons_due.c.customer_id)
        .order_by(comparisons_due.c.customer_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = set(
        session.scalars(
            delete(comparisons_due)
            .where(comparisons_due.c.customer_id.in_(first))
            .returning(comparisons_due.c.customer_id)
        )
    )
    if not due:
        return 0
    people = comparable(session, due)
    pairs = partners(session, people.values())
    people |= comparable(session, {i for pair in pairs for i in pair} - people.keys())
    judged = {
        (one, other): judge(people[one], people[other])
        for one, other in pairs
        if one in people and other in people
    }
    _keep(session, due, {pair: found for pair, found in judged.items() if found.score >= LIKELY})
    return len(due)


def _keep(session: Session, due: Collection[UUID], likely: dict[Pair, Likeness]) -> None:
    known_apart = _dismissed(session, due)
    _forget_open(session, due)
    bulk_upsert(
        session,
        duplicates,
        ("first_id", "second_id", "score", "exact", "reasons", "dismissed_at", "dismissed_by"),
        [
            (*pair, found.score, found.exact, list(found.reasons), None, None)
            for pair, found in sorted(likely.items())
            if pair not in known_apart or not _says_for(found.reasons) <= known_apart[pair]
        ],
        key=("first_id", "second_id"),
    )


def _says_for(reasons: Collection[str]) -> set[str]:
    return {kind for kind in reasons if kind in WEIGHTS}


def _dismissed(session: Session, ids: Collection[UUID]) -> dict[Pair, set[str]]:
    """Return the pairs of these customers that staff know to be two, and what they knew then."""
    rows = session.execute(
        select(duplicates.c.first_id, duplicates.c.second_id, duplicates.c.reasons)
        .where(_of(ids))
        .where(duplicates.c.dismissed_at.is_not(None))
    )
    return {(first, second): _says_for(reasons) for first, second, reasons in rows}


def _forget_open(session: Session, ids: Collection[UUID]) -> None:
    session.execute(delete(duplicates).where(_of(ids), duplicates.c.dismissed_at.is_(None)))


def _of(ids: Collection[UUID]) -> Any:
    return or_(among(duplicates.c.first_id, ids), among(duplicates.c.second_id, ids))


def dismiss_pair(session: Session, one: UUID, other: UUID, *, by: str) -> Any:
    """Know the pair to be two persons; it is shown no more until there is a new reason."""
    return _mark(session, one, other, dismissed_at=utcnow(), dismissed_by=by)


def restore_pair(session: Session, one: UUID, other: UUID) -> Any:
    """Take that back: the pair is shown again if it still is alike."""
    note_due(session, (), {one, other})
    return _mark(session, one, other, dismissed_at=None, dismissed_by=None)


def _mark(session: Session, one: UUID, other: UUID, **values: Any) -> Any:
    marked = session.execute(
        update(duplicates)
        .where(duplicates.c.first_id == min(one, other), duplicates.c.second_id == max(one, other))
        .values(values)
        .returning(*duplicates.c)
    ).first()
    if marked is None:
        raise DuplicateNotFound(one=one, other=other)
    return marked
