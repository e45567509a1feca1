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
from services.importer.mapping.programs import of_other_addresses, told_by_program

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
    empty: Collection[str] = (),
) -> Mapping:
    """Return a target for each column whose heading says it: what the program that wrote the file means by
    it, then our own headings, the labels of attributes, and what other programs write. Of two columns for
    one target the one with something in it wins, then the more telling.

    `foreign` (what another system numbered) is left out; `empty` columns have no cell among the samples.
    """
    named = _by_heading(attributes)
    keys = {column: heading_key(column) for column in columns}
    told = told_by_program(keys.values())
    left_out = {ERROR_HEADING, *foreign, *of_other_addresses(keys, empty)}
    found: dict[str, tuple[str, int]] = {}
    for column, key in keys.items():
        known = known_headings().get(key)
        if column in left_out:
            continue
        if key in told:
            if (target := told[key]) is not None:
                found[column] = (target, 0)
        elif known and known[1] == 0:
            found[column] = known
        elif key in named:
            found[column] = (named[key], 1)
        elif known:
            found[column] = known
    best: dict[str, tuple[bool, int, str]] = {}
    for column, (target, rank) in found.items():
        telling = (column in empty, rank)
        if target not in best or telling < best[target][:2]:
            best[target] = (*telling, column)
    mapping: Mapping = dict.fromkeys(columns)
    for column, (target, _rank) in found.items():
        if target in SEVERAL or best[target][2] == column:
            mapping[column] = target
    return _without_doubled_address(_without_doubled_name(mapping))


def _without_doubled_name(mapping: Mapping) -> Mapping:
    """A column with the whole name says nothing new beside first and last name; alone it may be either."""
    targets = set(mapping.values())
    full = next((column for column, target in mapping.items() if target == "full_name"), None)
    if full is not None and "last_name" in targets:
        mapping[full] = None
    elif full is not None and "first_name" in targets:
        mapping[full] = "last_name"
    return mapping


def _without_doubled_address(mapping: Mapping) -> Mapping:
    """An "address" is the whole of it only where no other column holds a part."""
    targets = set(mapping.values())
    full = next((column for column, target in mapping.items() if target == "full_address"), None)
    if full is not None and not targets.isdisjoint({"street", "postal_code", "city"}):
        mapping[full] = None if "street" in targets else "street"
    return mapping


def _by_heading(attributes: Iterable[Attribute]) -> dict[str, str]:
    named: dict[str, str] = {}
    for attribute in attributes:
        for heading in (*attribute.label.values(), attribute.key, attribute.target):
            named.setdefault(heading_key(heading), attribute.target)
    return named


def headings_of(attributes: Sequence[Attribute]) -> list[str]:
    """Return for each attribute the heading under which it is written, and found again: the label, unless
    another column has that already.
    """
    named = _by_heading(attributes)
    return [_heading_of(attribute, named) for attribute in attributes]


def _heading_of(attribute: Attribute, named: dict[str, str]) -> str:
    labels = (attribute.label.get(language) for language in ("de", "en"))
    for heading in (*labels, attribute.key):
        key = heading_key(heading or "")
        own = known_headings().get(key, ("", 1))[1] == 0
        if heading and key and not own and named[key] == attribute.target:
            return heading
    return attribute.target


def profile_key(columns: Sequence[str]) -> str:
    """Return the same key for every file with these headings, in whatever order."""
    joined = "\n".join(sorted(map(heading_key, columns)))
    return hashlib.sha256(joined.encode()).hexdigest()
