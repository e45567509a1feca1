"""What the head office gives out: one call makes a branch's groups and attributes be as it says.

Each item is done for itself: one that cannot be done is answered with the reason, and the others are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from services.groups.actions import locks
from services.groups.actions.actor import Actor
from services.groups.actions.franchise.attributes import Attributes
from services.groups.actions.franchise.groups import Groups
from services.groups.actions.franchise.items import Done, WantedAttribute, WantedGroup, Way
from shared.errors import Invalid, Text

TWICE = Text("is named twice: {name}", de="kommt zweimal vor: {name}")

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
    _each_once("groups", [(one.hash, one.path) for one in groups or ()])
    _each_once("groups", [(one.key, one.key) for one in groups or () if one.key])
    _each_once("attributes", [((one.scope, one.key), one.key) for one in attributes or ()])
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


def _each_once(field: str, names: Iterable[tuple[object, str]]) -> None:
    """Raise Invalid if something is there twice: which of the two would be meant?"""
    seen: set[object] = set()
    for same, name in names:
        if same in seen:
            raise Invalid(errors={field: [TWICE.fill(name=name)]})
        seen.add(same)
