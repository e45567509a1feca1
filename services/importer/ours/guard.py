"""Cells that a spreadsheet would run as a formula are written behind an apostrophe, and read back without.

The rule is symmetric: what begins with an apostrophe gets another one, so that taking exactly one away gives
every text back as it was, `+49 171 1234567` and `'tis` included.
"""

from __future__ import annotations

from collections.abc import Collection

from services.importer.mapping import ERROR_HEADING

DANGEROUS = frozenset("=+-@\t\r\n'＝＋－＠")


def is_ours(columns: Collection[str]) -> bool:
    """True for the headings of an export, a template or an error file."""
    return ERROR_HEADING in columns or is_export(columns)


def is_export(columns: Collection[str]) -> bool:
    """True for the headings of an export, also if it has come back as an error file."""
    return {"Id", "Version"} <= set(columns)


def guarded(cell: str) -> str:
    """Return the cell as it may stand in a file of ours."""
    return "'" + cell if cell and cell[0] in DANGEROUS else cell


def doubled(cell: str) -> str:
    """Return the cell as it may stand in a spreadsheet of ours, where text is text and never runs."""
    return "'" + cell if cell[:1] == "'" else cell


def unguarded(cell: str) -> str:
    """Return what stood in the cell before it was guarded. Only for files of ours."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in DANGEROUS and len(cell) > 1 else cell
