"""A row on its way to a customer."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from services.importer.rows.problems import Problem, problem
from shared.errors import Text


class Draft(msgspec.Struct, gc=False):
    """What was read of a row so far."""

    line: int
    cells: list[str]
    customer: dict[str, Any]
    problems: list[Problem]

    def cell(self, index: int) -> str:
        return self.cells[index].strip()

    def refuse(self, column: str, cell: str, reason: Text) -> None:
        """The row is not imported."""
        self.problems.append(problem(self.line, column, cell, reason))

    def remark(self, column: str, cell: str, reason: Text) -> None:
        """The row is imported, and this is said about it."""
        self.problems.append(problem(self.line, column, cell, reason, refused=False))


class Part(Protocol):
    """Reads what is not one cell for one field. Parts come after the plain fields."""

    def read(self, draft: Draft) -> None: ...


class Asked(Exception):
    """A cell holds more than its field takes: `part` reads the row for it."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part
