"""What the head office gives out: one call makes a branch's groups and attributes be as it says.

Each item is done for itself: one that cannot be done is answered with the reason, and the others are done.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.groups.actions import locks
from services.groups.actions.actor import Actor
from services.groups.actions.franchise.attributes import Attributes
from services.groups.actions.franchise.groups import Groups
from services.groups.actions.franchise.items import Done, WantedAttribute, WantedGroup, Way

__all__ = ["Done", "WantedAttribute", "WantedGroup", "Way", "push"]


def push(
    session: Session,
    actor: Actor,
    groups: Sequence[WantedGroup] | None,
    attributes: Sequence[WantedAttribute] | None,
    way: Way,
) -> tuple[list[Done], list[Done]]:
    """Make groups and attributes as wanted; None of a kind leaves it alone.

    Done again, it changes nothing.
    """
    actor.must_be_head_office("PUT /groups/franchise")
    locks.lock_facts(session)
    locks.lock_tree(session)
    locks.lock_all_customers(session)
    everything = session.begin_nested()
    done = (
        [] if groups is None else Groups(session, actor, way).push(groups),
        [] if attributes is None else Attributes(session, actor, way).push(attributes),
    )
    if way.dry_run:
        everything.rollback()
    else:
        everything.commit()
    return done
