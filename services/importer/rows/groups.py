"""The groups cell: paths, several of them, as we write them and as others do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.importer.rows.cells import Remembered
from shared.errors import Text
from shared.values import clean_text, refuse, sort_key

MOST_GROUPS = 50
LONGEST_PATH = 1_000

# Ours is " | "; Google's is " ::: ", Outlook's ";", and some write one below the other.
_BETWEEN = re.compile(r"\s*(?:\||:::|;|\n)\s*")
_BETWEEN_LEVELS = re.compile(r"\s*/\s*")
_QUOTED_LIST = re.compile(r'\s*"[^"]*"(?:\s*,\s*"[^"]*")*\s*')
_GOOGLE_OWN = re.compile(r"\*\s*(?:my\s?Contacts|friends|family|coworkers|starred)?", re.IGNORECASE)

TOO_MANY = Text(
    "{value} names more than {limit} groups.", de="{value} nennt mehr als {limit} Gruppen."
)
EMPTY_LEVEL = Text(
    "{value} has an empty level. A group's path looks like Reiseangebote/Griechenland.",
    de="{value} hat eine leere Ebene. Ein Gruppenpfad sieht so aus: Reiseangebote/Griechenland.",
)


class GroupsCell:
    """Reads cells of the groups column. The same text comes again and again, so answers are remembered."""

    def __init__(self, map_: Mapping[str, str | None]) -> None:
        self._map = map_
        self.read = Remembered(self._read).__getitem__
        """Returns a cell's paths, each once. Raises ValueRefused."""

    def _read(self, cell: str) -> tuple[str, ...]:
        return tuple(self._paths(cell))

    def _paths(self, cell: str) -> list[str]:
        # Mailchimp writes "VIP","Stammkunde".
        quoted = _QUOTED_LIST.fullmatch(cell)
        parts = re.findall(r'"([^"]*)"', cell) if quoted else _BETWEEN.split(cell)
        found: dict[str, str] = {}
        for part in parts:
            name = part.strip()
            if not name or (name.startswith("*") and _GOOGLE_OWN.fullmatch(name)):
                continue
            path = self._mapped(self._path(name.removeprefix("*").strip()))
            if path is not None:
                found.setdefault(sort_key(path), path)
        if len(found) > MOST_GROUPS:
            raise refuse(TOO_MANY, cell, limit=MOST_GROUPS)
        return list(found.values())

    def _path(self, name: str) -> str:
        levels = _BETWEEN_LEVELS.split(clean_text(name, longest=LONGEST_PATH))
        if not all(levels):
            raise refuse(EMPTY_LEVEL, name)
        return "/".join(levels)

    def _mapped(self, path: str) -> str | None:
        return self._map.get(sort_key(path), path) if self._map else path
