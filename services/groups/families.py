"""What merging customers does to their groups and values, and what undoing it gives back. No database here.

A merged customer keeps her groups and values on paper: what she brought to the survivor is known for each,
so that exactly that can be taken back, in whatever order merges and undoings are heard, and also along a
chain (a survivor that was merged itself keeps what came to it on paper, and passed it on).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

SOURCE = "merge"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A membership, but for whose and in which group."""

    since: datetime
    by: str
    source: str
    reference: str | None = None


@dataclass
class Merge:
    """That somebody is merged, and what came of it."""

    survivor_id: UUID
    operation_id: UUID | None
    at: datetime
    place: int
    stands: dict[UUID, Row] = field(default_factory=dict)
    """By group, the survivor's membership that stands for hers: brought by her, or there before."""
    filled: dict[str, Any] = field(default_factory=dict)
    """The keys of values that the survivor has from her, each with what it had before."""

    @property
    def reference(self) -> str | None:
        return None if self.operation_id is None else str(self.operation_id)

    def brought(self, row: Row) -> Row:
        """Return the membership that the survivor gets for hers: it begins with the merge, as it did."""
        return Row(since=self.at, by=row.by, source=SOURCE, reference=self.reference)

    def came(self, row: Row) -> bool:
        return row.source == SOURCE and row.reference == self.reference


@dataclass(eq=False)
class Person:
    """A customer with her groups and values, which stand for nothing while she is merged."""

    id: UUID
    version: int = 0
    """Hers at the newest merge or undoing heard of."""
    erased: bool = False
    rows: dict[UUID, Row] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    merge: Merge | None = None

    def copy(self) -> Person:
        merge = self.merge and replace(
            self.merge, stands=dict(self.merge.stands), filled=dict(self.merge.filled)
        )
        return replace(self, rows=dict(self.rows), values=dict(self.values), merge=merge)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A merge as it was told, for one of those merged."""

    loser_id: UUID
    loser_version: int
    survivor_id: UUID
    survivor_version: int
    operation_id: UUID | None
    place: int
    chosen: Mapping[str, UUID]


class Families:
    """All people that merges and undoings touch: with whom they are merged into, and who into them."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = {person.id: person for person in people}

    def merge(self, heard: Heard, now: datetime) -> None:
        """Pass on what the loser has. What is older than what was heard of her is passed over."""
        loser, survivor = self.people[heard.loser_id], self.people[heard.survivor_id]
        if heard.loser_version <= loser.version or loser.erased:
            return
        self._part(loser)
        loser.version = heard.loser_version
        if heard.survivor_version > survivor.version:
            # Who survives stands for herself: that her own merge was undone is still on its way.
            self._part(survivor)
        if loser in self._above(survivor):
            return  # the survivor was merged into the loser later, so this merge had been undone by then
        loser.merge = merge = Merge(heard.survivor_id, heard.operation_id, now, heard.place)
        if survivor.erased:
            return
        for group, row in loser.rows.items():
            merge.stands[group] = self._give(survivor, group, merge.brought(row))
        for key, value in loser.values.items():
            chosen = heard.chosen.get(key)
            if chosen == loser.id or (chosen is None and key not in survivor.values):
                merge.filled[key] = survivor.values.get(key)
                self._put(survivor, key, value)

    def undo(self, loser_id: UUID, version: int) -> None:
        """Let the loser stand for herself again."""
        loser = self.people[loser_id]
        if version > loser.version and not loser.erased:
            loser.version = version
            self._part(loser)

    def _part(self, loser: Person) -> None:
        """Take back what came by her alone and was not touched since. She has her own again by that."""
        merge, loser.merge = loser.merge, None
        if merge is None:
            return
        survivor = self.people[merge.survivor_id]
        for group, row in merge.stands.items():
            if merge.came(row):
                self._take(survivor, group, row)
        for key, before in merge.filled.items():
            self._take_value(loser, merge, key, before)

    def _give(self, person: Person, group: UUID, row: Row) -> Row:
        """Put the person into the group and return the membership that stands there then."""
        if person.erased:
            return row
        present = person.rows.get(group)
        if present is not None:
            return present
        person.rows[group] = row
        if person.merge is not None:
            above = self.people[person.merge.survivor_id]
            person.merge.stands[group] = self._give(above, group, person.merge.brought(row))
        return row

    def _take(self, person: Person, group: UUID, row: Row) -> None:
        if person.rows.get(group) != row:
            return  # left since, perhaps to come back by other ways
        del person.rows[group]
        if person.merge is not None:
            stands = person.merge.stands.pop(group, None)
            if stands is not None and person.merge.came(stands):
                self._take(self.people[person.merge.survivor_id], group, stands)
        heirs = [one for one in self._merged_into(person) if one[1].stands.get(group) == row]
        if heirs:
            # Others who were merged had the group as well: it came by them, too.
            heir, merge = heirs[0]
            given = self._give(person, group, merge.brought(heir.rows[group]))
            for _, other in heirs:
                other.stands[group] = given

    def _put(self, person: Person, key: str, value: Any) -> None:
        """Give the person a value, None for none, and pass on what the survivor has from her."""
        if value is None:
            person.values.pop(key, None)
        else:
            person.values[key] = value
        if person.merge is None:
            return
        above, filled = self.people[person.merge.survivor_id], person.merge.filled
        if key in filled and value is None:
            self._put(above, key, filled.pop(key))
        elif key in filled:
            self._put(above, key, value)
        elif value is not None and key not in above.values:
            filled[key] = None
            self._put(above, key, value)

    def _take_value(self, loser: Person, merge: Merge, key: str, before: Any) -> None:
        person, value = self.people[merge.survivor_id], loser.values.get(key)
        others = self._merged_into(person)
        for other, later in others:
            follows = _order(other, later) > _order(loser, merge)
            if follows and key in later.filled and later.filled[key] == value:
                later.filled[key] = before  # it was chosen over this one, and would bring it back
                return
        if person.values.get(key) != value:
            return  # changed since
        if before is None:
            for other, its in others:
                if key in other.values and key not in its.filled:
                    before, its.filled[key] = other.values[key], None
                    break
        self._put(person, key, before)

    def _merged_into(self, person: Person) -> list[tuple[Person, Merge]]:
        """Return who is merged into the person, in that order."""
        found = [
            (one, one.merge)
            for one in self.people.values()
            if one.merge is not None and one.merge.survivor_id == person.id
        ]
        return sorted(found, key=lambda pair: _order(*pair))

    def _above(self, person: Person) -> list[Person]:
        """Return the person and whom she is merged into, step by step."""
        way = [person]
        while way[-1].merge is not None:
            way.append(self.people[way[-1].merge.survivor_id])
        return way


def _order(person: Person, merge: Merge) -> tuple[datetime, int, UUID]:
    return merge.at, merge.place, person.id
