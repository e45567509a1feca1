"""Guessing where each column goes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import msgspec

from services.importer.mapping.headings import (
    ATTRIBUTE,
    ERROR_HEADING,
    SEVERAL,
    heading_key,
    known_headings,
)

Mapping = dict[str, str | None]
"""Each column's name and its target; None leaves the column out."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute's definition, as the groups service gives it."""

    key: str
    type: str
    label: dict[str, str] = {}
    pattern: str | None = None
    pattern_hint: str | None = None
    choices: list[str] = []

    @property
    def target(self) -> str:
        return ATTRIBUTE + self.key

    @property
    def heading(self) -> str:
        return self.label.get("de") or self.label.get("en") or self.key


def guess_mapping(
    columns: Sequence[str],
    attributes: Iterable[Attribute],
    foreign: Collection[str] = (),
) -> Mapping:
    """Return a target for each column whose heading says it: our own headings, then the labels of
    attributes, then what other programs write. Of two columns for one target the more telling wins.
    What another system numbered (`foreign`: names of columns) is left out.
    """
    named = _by_heading(attributes)
    found: dict[str, tuple[str, int]] = {}
    for column in columns:
        key = heading_key(column)
        known = known_headings().get(key)
        if column == ERROR_HEADING or column in foreign:
            continue
        if known and known[1] == 0:
            found[column] = known
        elif key in named:
            found[column] = (named[key], 1)
        elif known:
            found[column] = known
    best: dict[str, tuple[int, str]] = {}
    for column, (target, rank) in found.items():
        if target not in best or rank < best[target][0]:
            best[target] = (rank, column)
    mapping: Mapping = dict.fromkeys(columns)
    for column, (target, _rank) in found.items():
        if target in SEVERAL or best[target][1] == column:
            mapping[column] = target
    return _without_doubled_name(mapping)


def _without_doubled_name(mapping: Mapping) -> Mapping:
    """A column with the whole name says nothing new beside first and last name; alone it may be either."""
    targets = set(mapping.values())
    full = next((column for column, target in mapping.items() if target == "full_name"), None)
    if full is not None and "last_name" in targets:
        mapping[full] = None
    elif full is not None and "first_name" in targets:
        mapping[full] = "last_name"
    return mapping


def _by_heading(attributes: Iterable[Attribute]) -> dict[str, str]:
    named: dict[str, str] = {}
    for attribute in attributes:
        for heading in (*attribute.label.values(), attribute.key):
            named.setdefault(heading_key(heading), attribute.target)
    return named


def profile_key(columns: Sequence[str]) -> str:
    """Return the same key for every file with these headings, in whatever order."""
    joined = "\n".join(sorted(map(heading_key, columns)))
    return hashlib.sha256(joined.encode()).hexdigest()
