"""The head office's attributes, in a branch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups.actions.actor import Actor
from services.groups.actions.attributes import (
    change_attribute,
    define_attribute,
    remove_attribute,
)
from services.groups.actions.franchise.items import (
    ORIGIN,
    Done,
    Refused,
    WantedAttribute,
    Way,
    tried,
)
from services.groups.models import Attribute
from shared.errors import Text

LOCAL_ATTRIBUTE = Text(
    "The branch has an attribute '{key}' of its own. With adopt it becomes the head office's, with its "
    "values.",
    de="Die Filiale hat schon ein eigenes Attribut '{key}'. Mit adopt wird es zu dem der Zentrale, samt "
    "seinen Werten.",
)


class Attributes:
    def __init__(self, session: Session, actor: Actor, way: Way) -> None:
        self._session, self._actor, self._way = session, actor, way

    def push(self, attributes: Sequence[WantedAttribute]) -> list[Done]:
        done = []
        for one in attributes:
            result, problem = tried(self._session, lambda o=one: self._put(o))  # type: ignore[misc]
            done.append(result or Done("conflict", one.key, one.key, problem=problem))
        if self._way.prune:
            done += self._prune({(one.scope, one.key) for one in attributes})
        return done

    def _put(self, one: WantedAttribute) -> Done:
        found = self._session.scalar(
            select(Attribute).where(Attribute.scope == one.scope, Attribute.key == one.key)
        )
        if found is None:
            made = define_attribute(
                self._session,
                self._actor,
                scope=one.scope,
                key=one.key,
                origin=ORIGIN,
                **one.fields,
            )
            return Done("created", one.key, one.key, made.id)
        fields, status = dict(one.fields), "updated"
        if not found.from_head_office:
            if not self._way.adopt:
                raise Refused(LOCAL_ATTRIBUTE.fill(key=one.key))
            fields["origin"], status = ORIGIN, "adopted"
        before = found.version
        change_attribute(self._session, self._actor, found.id, before, **fields)
        return Done(status if found.version != before else "unchanged", one.key, one.key, found.id)

    def _prune(self, kept: set[tuple[str, str]]) -> list[Done]:
        theirs = self._session.scalars(
            select(Attribute).where(Attribute.origin == ORIGIN).order_by(Attribute.id)
        ).all()
        done = []
        for found in theirs:
            if (found.scope, found.key) in kept:
                continue
            key, attribute_id, version = found.key, found.id, found.version
            _, problem = tried(
                self._session,
                lambda i=attribute_id, v=version: remove_attribute(  # type: ignore[misc]
                    self._session, self._actor, i, v, confirm=self._way.remove_members
                ),
            )
            status = "removed" if problem is None else "kept"
            done.append(Done(status, key, key, attribute_id, problem))
        return done
