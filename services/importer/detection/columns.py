"""Columns: a name for each, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence

from services.importer.detection.detected import Column
from shared.values import Order, guess_order

SHOWN_SAMPLES = 3
LONGEST_SAMPLE = 100
LONGEST_NAME = 200
LONGEST_DATE = 40


def unique_names(headings: Sequence[str]) -> list[str]:
    """Return a name for each column: the heading on one line, numbered if it is empty or stands twice."""
    names: list[str] = []
    taken: set[str] = set()
    for position, heading in enumerate(headings, start=1):
        readable = "".join(c if c.isprintable() else " " for c in heading)
        plain = " ".join(readable.split())[:LONGEST_NAME] or f"Spalte {position}"
        name, again = plain, 2
        while name in taken:
            name, again = f"{plain} ({again})", again + 1
        taken.add(name)
        names.append(name)
    return names


def order_of(cells: Sequence[str]) -> Order | None:
    """Return how the dates of a column are written; None if it does not hold any."""
    dates = [cell for cell in cells if len(cell) <= LONGEST_DATE and any(map(str.isdigit, cell))]
    return guess_order(dates) if dates else None


def show(columns: Sequence[Column], cells: Sequence[str]) -> None:
    """Keep a few different cells of each column."""
    for column, cell in zip(columns, cells, strict=False):
        shown = cell.strip()[:LONGEST_SAMPLE]
        if shown and len(column.samples) < SHOWN_SAMPLES and shown not in column.samples:
            column.samples.append(shown)
