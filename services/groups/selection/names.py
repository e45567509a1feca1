"""What a filter names: groups, attributes, saved selections and days, looked up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.models import Attribute, Selection
from services.groups.selection import days
from services.groups.selection.comparing import Wrong
from shared.errors import Text
from shared.values import ValueRefused

LONGEST_NAME = 100_000
"""Characters of a path: a thousand levels of the longest names."""

_NO_GROUP = Text(
    "There is no such group. GET /groups lists those that exist.",
    de="Diese Gruppe gibt es nicht. GET /groups zeigt alle, die es gibt.",
)
_NO_ATTRIBUTE = Text(
    "There is no such attribute. GET /attributes lists those that exist.",
    de="Dieses Attribut gibt es nicht. GET /attributes zeigt alle, die es gibt.",
)
_NO_SELECTION = Text(
    "There is no such selection. GET /selections lists those that exist.",
    de="Diese Selektion gibt es nicht. GET /selections zeigt alle, die es gibt.",
)


class Reference(NamedTuple):
    """What a filter names: `group` or `selection` by id, `attribute` by "scope:key"."""

    kind: str
    target: str


class Names:
    """Looks up what a filter names and keeps it in `references`. Raises Wrong for what is not there.

    `now` is in the business's zone, in which days are meant.
    """

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self.now = session, now
        self._attributes: dict[str, dict[str, Attribute]] = {}
        self.references: set[Reference] = set()

    def group(self, name: Any, *, below: bool) -> tuple[UUID, list[UUID]]:
        """Return the group's id, and the ids of those that are meant: with all below it, or its own."""
        known = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME
        group_id = queries.find_groups(self._session, [name]).get(name) if known else None
        if group_id is None:
            raise Wrong("group", _NO_GROUP)
        self.references.add(Reference("group", str(group_id)))
        meant = queries.group_with_subgroups(self._session, group_id) if below else [group_id]
        return group_id, meant

    def attribute(self, scope: str, key: Any, part: str) -> Attribute:
        """Return the definition of this key; `part` is where the filter names it."""
        if scope not in self._attributes:
            found = queries.attributes_of(self._session, scope)
            self._attributes[scope] = {attribute.key: attribute for attribute in found}
        attribute = self._attributes[scope].get(key) if isinstance(key, str) else None
        if attribute is None:
            raise Wrong(part, _NO_ATTRIBUTE)
        self.references.add(Reference("attribute", f"{scope}:{attribute.key}"))
        return attribute

    def selection(self, raw: Any) -> Selection:
        """Return a saved selection by its id."""
        try:
            saved = queries.selection_or_none(self._session, UUID(raw))
        except (TypeError, ValueError, AttributeError):
            saved = None
        if saved is None:
            raise Wrong("selection", _NO_SELECTION)
        self.references.add(Reference("selection", str(saved.id)))
        return saved

    def inside(self) -> Names:
        """Return the names of a filter inside of this one: what it names is its own."""
        inner = Names(self._session, self.now)
        inner._attributes = self._attributes
        return inner

    def span(
        self, raw: Mapping[str, Any], within: str = ""
    ) -> tuple[datetime | None, datetime | None]:
        """Return the moments that `since` and `until`, both days included, reach from and to."""
        since, until = self._day(raw, "since", within), self._day(raw, "until", within)
        return (
            None if since is None else days.begin(since, self.now),
            None if until is None else days.end(until, self.now),
        )

    def _day(self, raw: Mapping[str, Any], key: str, within: str) -> date | None:
        if raw.get(key) is None:
            return None
        try:
            return days.day(raw[key], self.now.date())
        except ValueRefused as refused:
            raise Wrong(within + key, refused.text) from None
