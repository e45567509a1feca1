"""Whether a mapping that somebody chose can be."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from services.importer.errors import TargetTwice, UnknownColumn, UnknownTarget
from services.importer.mapping.guess import Mapping
from services.importer.mapping.headings import ATTRIBUTE, IDENTIFYING, SEVERAL, TARGETS


def check_mapping(
    mapping: Mapping, columns: Sequence[str], attribute_keys: Collection[str]
) -> None:
    """Raise UnknownColumn, UnknownTarget or TargetTwice, naming what is wrong."""
    taken: dict[str, str] = {}
    for column, target in mapping.items():
        if column not in columns:
            raise UnknownColumn(column=f"'{column[:100]}'", columns=", ".join(columns)[:2000])
        if target is None:
            continue
        if not _exists(target, attribute_keys):
            raise UnknownTarget(target=f"'{target[:100]}'")
        if target in taken and target not in SEVERAL:
            raise TargetTwice(first=f"'{taken[target]}'", second=f"'{column}'", target=target)
        taken[target] = column


def _exists(target: str, attribute_keys: Collection[str]) -> bool:
    if target.startswith(ATTRIBUTE):
        return target.removeprefix(ATTRIBUTE) in attribute_keys
    return target in TARGETS


def identifies(mapping: Mapping) -> bool:
    """True if the columns that are mapped can say who a customer is."""
    return not IDENTIFYING.isdisjoint(filter(None, mapping.values()))
