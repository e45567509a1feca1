"""What follows from customers joining and leaving groups: it is told, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups.actions import counts
from services.groups.queries import Place
from shared.events.groups import CustomerAddedToGroup, CustomerRemovedFromGroup, StartSequences
from shared.outbox import publish


@dataclass(frozen=True)
class Telling:
    """What is kept and told of a change: who made it, from which source, and what it shall start.

    `reference` names the import or form it came with.
    """

    by: str
    source: str
    reference: str | None = None
    start_sequences: StartSequences = "yes"


class Moves(NamedTuple):
    """Who joined and left which group, and the groups before and after of everyone who did.

    Groups go by the number of their id.
    """

    opened: list[tuple[UUID, int]]
    closed: list[tuple[UUID, int]]
    shapes: list[tuple[set[int], set[int]]]


Step = tuple[UUID, UUID, Place]
"""A customer, and the group that was joined or left with its place."""


def tell_added(session: Session, steps: Iterable[Step], telling: Telling, now: datetime) -> None:
    publish(
        session,
        *[
            CustomerAddedToGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=place.path,
                ancestor_ids=place.ancestor_ids,
                source=telling.source,
                start_sequences=telling.start_sequences,
                occurred_at=now,
            )
            for customer_id, group_id, place in steps
        ],
    )


def tell_removed(session: Session, steps: Iterable[Step], telling: Telling, now: datetime) -> None:
    publish(
        session,
        *[
            CustomerRemovedFromGroup(
                customer_id=customer_id,
                group_id=group_id,
                group_path=place.path,
                ancestor_ids=place.ancestor_ids,
                source=telling.source,
                occurred_at=now,
            )
            for customer_id, group_id, place in steps
        ],
    )


def note_moves(session: Session, moves: Moves, places: Mapping[int, tuple[UUID, Place]]) -> None:
    """Note the counts that follow from the moves."""
    members = Counter([group for _, group in moves.opened])
    members.subtract([group for _, group in moves.closed])
    families = {
        group: {group, *(ancestor.int for ancestor in place.ancestor_ids)}
        for group, (_, place) in places.items()
    }
    nobody: set[int] = set()
    joined: list[int] = []
    left: list[int] = []
    for old, new in moves.shapes:
        # A customer counts once for a group, in however many groups below it they are.
        has = nobody.union(*[families[group] for group in new])
        if old:
            had = nobody.union(*[families[group] for group in old])
            left.extend(had - has)
            has -= had
        joined.extend(has)
    below = Counter(joined)
    below.subtract(left)
    counts.note_counts(session, members, below)
