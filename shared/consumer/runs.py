"""Which events of a batch a handler gets together."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from shared.events import Event


def runs_of(events: Iterable[Event]) -> list[list[Event]]:
    """Put events of one type together without changing the order in which anybody's events come.

    Messages of several services lie mixed in a queue; a handler that gets them one by one needs a statement
    for each. Events of different customers may trade places. One that is about no customer (a group was
    renamed, say) stays behind all that came before it and before all that follows.
    """
    runs: list[list[Event]] = []
    newest: dict[type[Event], int] = {}
    latest: dict[UUID, int] = {}
    for event in events:
        kind = type(event)
        customer_id: UUID | None = getattr(event, "customer_id", None)
        if customer_id is None:
            newest.clear()
            place = len(runs) - 1 if runs and type(runs[-1][0]) is kind else None
        else:
            place = newest.get(kind)
            if place is not None and place < latest.get(customer_id, 0):
                place = None
        if place is None:
            place = len(runs)
            runs.append([])
        runs[place].append(event)
        if customer_id is not None:
            newest[kind] = latest[customer_id] = place
    return runs
