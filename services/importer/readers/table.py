"""What every reader of a file gives: rows with the place where they stand, and a word on broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from shared.errors import Text

MOST_COLUMNS = 500
LONGEST_CELL = 32_767
"""What a spreadsheet's cell can hold."""

LONGEST_RECORD = 1_048_576
"""Characters of a whole row."""


class Row(NamedTuple):
    """One row. `line` is where it begins, as an editor or a spreadsheet numbers it, from 1.

    With a `fault` the cells are only good for showing.
    """

    line: int
    cells: list[str]
    fault: Text | None = None


class Table(Protocol):
    """A file that has been opened. `rows` starts from its beginning each time and skips blank rows."""

    def rows(self) -> Iterator[Row]: ...
