"""Reading a log of changes, each with the values that it replaced, to take back what one import did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol


class Change(Protocol):
    @property
    def reference(self) -> Any: ...
    @property
    def before(self) -> Mapping[str, Any]: ...


class Former(NamedTuple):
    """`values` are what was there before, `kept` the names of what was changed again since."""

    values: dict[str, Any]
    kept: set[str]


def before_import(changes: Iterable[Change], reference: Any) -> Former:
    """Return what there was before the changes that came with an import.

    `changes` are those of one customer, the newest first. What somebody has changed after the import, or
    between two of its rows, is theirs and not given back.
    """
    former = Former({}, set())
    later: set[str] = set()
    for change in changes:
        if change.reference != reference:
            later.update(change.before)
            continue
        former.kept.update(later.intersection(change.before))
        former.values.update((n, v) for n, v in change.before.items() if n not in later)
    return former
