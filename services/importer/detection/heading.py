"""Which row names the columns, and how far they reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.importer.errors import NoHeadingThere
from services.importer.mapping.headings import is_known
from services.importer.readers import MOST_COLUMNS, Row
from shared.values import ValueRefused, clean_email, parse_date

SAMPLE_ROWS = 200
HEADING_WITHIN = 10
"""Titles and dates of print may stand above the heading, within this many rows."""

NO_HEADING = 0


def known(cells: Sequence[str]) -> int:
    """Return how many of the cells are headings that somebody uses."""
    return sum(map(is_known, cells[:MOST_COLUMNS]))


def chosen_heading(rows: Sequence[Row], line: int) -> Row | None:
    """Return the row that somebody said is the heading. Raises NoHeadingThere."""
    if line == NO_HEADING:
        return None
    for row in rows:
        if row.line == line:
            return row
    raise NoHeadingThere(line=line)


def guessed_heading(rows: Sequence[Row]) -> Row | None:
    """The row that names the columns: the one with most known headings among the first, else the first.

    None if there is no known heading and the first row already holds data.
    """
    usual = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    first = [row for row in rows[:HEADING_WITHIN] if len(row.cells) * 2 > usual or row is rows[0]]
    best = max(first, key=lambda row: known(row.cells))
    if known(best.cells):
        return best
    full = [row for row in first if sum(1 for cell in row.cells if cell.strip()) * 2 > usual]
    candidate = (full or first)[0]
    return None if any(map(_is_data, candidate.cells)) else candidate


def _is_data(cell: str) -> bool:
    for read in (clean_email, parse_date):
        try:
            read(cell)
        except ValueRefused:
            continue
        return True
    return False


def used_width(cells: Sequence[str], rows: Sequence[Row]) -> int:
    """The heading's width without empty columns at its end: those without name and without data."""
    used = [position for position, cell in enumerate(cells) if cell.strip()]
    for row in rows:
        used += [position for position, cell in enumerate(row.cells[: len(cells)]) if cell.strip()]
    return max(used, default=0) + 1
