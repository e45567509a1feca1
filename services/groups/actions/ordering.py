"""The order of attributes: each of a scope has a place of its own."""

from __future__ import annotations

from collections.abc import Collection

from services.groups.actions.actor import Actor
from services.groups.models import Attribute


def take_place(
    attribute: Attribute, others: Collection[Attribute], actor: Actor, *, before: int | None = None
) -> list[Attribute]:
    """Let the attribute stand at its position, and return the others that had to move for it.

    They move by one, towards the place that it had `before`, as far as there is no gap. What belongs to the
    head office stays where it is for everyone else.
    """
    taken = {other.position: other for other in others}

    def free(place: int, step: int) -> int:
        while place in taken and taken[place].from_head_office and not actor.head_office:
            place += step
        return place

    downwards = before is not None and before < attribute.position and before not in taken
    step = -1 if downwards else 1
    attribute.position = free(attribute.position, 1)
    place, moving = attribute.position, taken.get(attribute.position)
    moved = []
    while moving is not None:
        place = free(place + step, step)
        following = taken.get(place)
        moving.position = place
        moved.append(moving)
        moving = following
    return moved
