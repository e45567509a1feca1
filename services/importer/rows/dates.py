"""How the dates of a column are written: one decision for all its cells.

`03/04/1980` alone does not say whether the month stands first; `03/24/1980` further down does. So the first
rows decide, and where they leave it open, more rows are read until some cell tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from services.importer.mapping import ATTRIBUTE, Attribute
from services.importer.mapping import Mapping as Targets
from services.importer.readers import Row
from shared.values import order_told

SAMPLES = 200
"""Rows that are always looked at."""

FURTHEST = 20_000
"""Rows that are looked at where the first ones are ambiguous, or empty."""

DATED = frozenset({"birthday", "registered_at", "opt_in_confirmed_at"})
"""Targets that are dates; attributes can be, too."""


def is_dated(target: str, attributes: Mapping[str, Attribute]) -> bool:
    """True if a column that goes there holds dates."""
    attribute = attributes.get(target.removeprefix(ATTRIBUTE))
    return target in DATED or (attribute is not None and attribute.type == "date")


def samples_of(
    rows: Iterable[Row],
    columns: Sequence[str],
    mapping: Targets,
    attributes: Mapping[str, Attribute],
) -> dict[str, list[str]]:
    """Return some cells of each column; with dates so many that one tells their order, if any does."""
    samples: dict[str, list[str]] = {column: [] for column in columns}
    walk = iter(rows)
    for row in islice(walk, SAMPLES):
        for column, cell in zip(columns, row.cells, strict=False):
            if cell and (text := cell.strip()):
                samples[column].append(text)
    undecided = {
        column: index
        for index, column in enumerate(columns)
        if is_dated(mapping.get(column) or "", attributes) and not _told(samples[column])
    }
    for row in islice(walk, FURTHEST) if undecided else ():
        for column, index in list(undecided.items()):
            # A torn row may be short.
            if cell := "".join(row.cells[index : index + 1]).strip():
                told = order_told(cell)
                if told or len(samples[column]) < SAMPLES:
                    samples[column].append(cell)
                if told:
                    del undecided[column]
        if not undecided:
            break
    return samples


def _told(cells: Sequence[str]) -> bool:
    return any(map(order_told, cells))
