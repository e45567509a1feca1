"""The groups cell: paths, several of them, as we write them and as others do.

In a file of our own export only " | " parts groups: their names may hold anything else. In other files ";",
":::", "|" and line breaks part them too, in a column of tags also ",". But a group that exists under such a
name wins: "Wellness; Spa" is one group where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from services.importer.rows.cells import Remembered
from shared.errors import Text
from shared.values import ValueRefused, clean_text, refuse, sort_key

MOST_GROUPS = 2_000
"""In one cell; as many short paths as a cell of a spreadsheet can hold."""

LONGEST_NAME = 100
DEEPEST = 32
"""Levels of a path that an import may create."""

_OURS = re.compile(r"\s*(?<!\S)\|(?!\S)\s*")
_OTHERS = re.compile(r"\s*(?:\||:::|;|\n)\s*")
_TAGS = re.compile(r"\s*(?:\||:::|;|\n|,)\s*")
_BETWEEN_LEVELS = re.compile(r"\s*/\s*")
_QUOTED_LIST = re.compile(r'\s*"[^"]*"(?:\s*,\s*"[^"]*")*\s*')
_GOOGLE_OWN = re.compile(r"\*\s*(?:my\s?Contacts|friends|family|coworkers|starred)?", re.IGNORECASE)

TOO_MANY = Text(
    "{value} names more than {limit} groups.", de="{value} nennt mehr als {limit} Gruppen."
)
EMPTY_LEVEL = Text(
    "{value} has an empty level and was left out. A group's path looks like Reiseangebote/Griechenland. The "
    "customer was imported.",
    de="{value} hat eine leere Ebene und wurde weggelassen. Ein Gruppenpfad sieht so aus: "
    "Reiseangebote/Griechenland. Der Kunde wurde importiert.",
)
TOO_DEEP = Text(
    "{value} has {levels} levels; a missing group is created with up to {limit}. It was left out, the "
    "customer was imported.",
    de="{value} hat {levels} Ebenen; angelegt wird eine fehlende Gruppe mit höchstens {limit}. Die Angabe "
    "wurde weggelassen, der Kunde importiert.",
)
NOT_A_NAME = Text(
    "No group can be called {value}: a name has at most {limit} characters and does not look like an id. It "
    "was left out, the customer was imported.",
    de="{value} kann keine Gruppe heißen: ein Name hat höchstens {limit} Zeichen und sieht nicht wie eine "
    "Kennung aus. Die Angabe wurde weggelassen, der Kunde importiert.",
)


class Groups(NamedTuple):
    """What a cell says: paths, each once, and what is wrong with others in it."""

    paths: tuple[str, ...]
    faults: tuple[Text, ...] = ()


class GroupsCell:
    """Reads cells of a groups column. The same text comes again and again, so answers are remembered."""

    def __init__(
        self,
        map_: Mapping[str, str | None],
        existing: Collection[str] = (),
        *,
        ours: bool = False,
        tags: bool = False,
    ) -> None:
        """`map_` sends keys of paths elsewhere or nowhere; `existing` are the paths that there are."""
        self._map = map_
        self._existing = {sort_key(path): path for path in existing}
        self._between = _OURS if ours else _TAGS if tags else _OTHERS
        self._ours = ours
        self._joined = {key for key in (*self._existing, *map_) if self._between.search(key)}
        self.read = Remembered(self._read).__getitem__
        """Returns a cell's Groups. Raises ValueRefused if there are too many to believe."""

    def _read(self, cell: str) -> Groups:
        found: dict[str, str] = {}
        faults = []
        for name in self._names(cell):
            try:
                path = self._path(name)
            except ValueRefused as refused:
                faults.append(refused.text)
                continue
            if path is not None:
                found.setdefault(sort_key(path), path)
        if len(found) > MOST_GROUPS:
            raise refuse(TOO_MANY, cell, limit=MOST_GROUPS)
        return Groups(tuple(found.values()), tuple(faults))

    def _names(self, cell: str) -> list[str]:
        if self._ours:
            parts = self._between.split(cell)
        elif _QUOTED_LIST.fullmatch(cell):
            # Mailchimp writes "VIP","Stammkunde".
            parts = re.findall(r'"([^"]*)"', cell)
        elif self._joined:
            parts = self._longest_known(cell)
        else:
            parts = self._between.split(cell)
        names = []
        for part in parts:
            name = part.strip()
            if name.startswith("*") and not self._ours:
                if _GOOGLE_OWN.fullmatch(name):
                    continue
                name = name.removeprefix("*").strip()
            if name:
                names.append(name)
        return names

    def _longest_known(self, cell: str) -> list[str]:
        """Part the cell, but not inside a name that is known as a whole; the longest name wins."""
        gaps = list(self._between.finditer(cell))
        if len(gaps) > MOST_GROUPS:
            raise refuse(TOO_MANY, cell, limit=MOST_GROUPS)
        starts = [0, *(gap.end() for gap in gaps)]
        ends = [*(gap.start() for gap in gaps), len(cell)]
        names, at = [], 0
        while at < len(starts):
            last = next(
                (
                    end
                    for end in range(min(len(ends), at + 10) - 1, at, -1)
                    if _key_of(cell[starts[at] : ends[end]]) in self._joined
                ),
                at,
            )
            names.append(cell[starts[at] : ends[last]])
            at = last + 1
        return names

    def _path(self, name: str) -> str | None:
        """Return the path as it is stored, if it exists; None if it is not wanted."""
        wanted = self._map.get(_key_of(name), name)
        if wanted is None:
            return None
        levels = _BETWEEN_LEVELS.split(clean_text(wanted))
        if not all(levels):
            raise refuse(EMPTY_LEVEL, wanted)
        path = "/".join(levels)
        if (stored := self._existing.get(sort_key(path))) is not None:
            return stored
        if len(levels) > DEEPEST:
            raise refuse(TOO_DEEP, wanted, levels=len(levels), limit=DEEPEST)
        for level in levels:
            if len(level) > LONGEST_NAME or _is_id(level):
                raise refuse(NOT_A_NAME, level, limit=LONGEST_NAME)
        for end in range(len(levels) - 1, 0, -1):
            if above := self._existing.get(sort_key("/".join(levels[:end]))):
                return "/".join([above, *levels[end:]])
        return path


def _key_of(name: str) -> str:
    return sort_key(_BETWEEN_LEVELS.sub("/", name.strip()))


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
