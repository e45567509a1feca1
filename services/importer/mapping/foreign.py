"""Columns that hold another system's ids and customer numbers under a heading that could be ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from services.importer.mapping.headings import heading_key, known_headings


class Sampled(Protocol):
    """A column with some of its cells."""

    name: str
    samples: list[str]


def foreign_columns(columns: Iterable[Sampled], is_ours: Callable[[int], bool]) -> list[str]:
    """Return the columns whose ids or numbers are not ours, judged by their samples.

    By such numbers nobody would be found and every row refused; numbers of our own all exist.
    """
    return [
        column.name
        for column in columns
        if column.samples and _is_foreign(column.name, column.samples, is_ours)
    ]


def _is_foreign(column: str, cells: Sequence[str], is_ours: Callable[[int], bool]) -> bool:
    target, _ = known_headings().get(heading_key(column), ("", 0))
    if target == "id":
        return not any(map(_is_id, cells))
    if target == "number":
        return not any(map(is_ours, _numbers(cells)))
    return False


def _is_id(cell: str) -> bool:
    try:
        UUID(cell)
    except ValueError:
        return False
    return True


def _numbers(cells: Sequence[str]) -> list[int]:
    return [int(cell) for cell in cells if cell.isascii() and cell.isdigit() and len(cell) < 19]
