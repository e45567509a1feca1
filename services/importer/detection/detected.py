"""What was understood of a file, as it is shown and stored with the import."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import msgspec

from shared.values import Order

Open = Callable[[], BinaryIO]

CSV = "csv"


class Column(msgspec.Struct, kw_only=True):
    """A column by its name, which is unique in the file."""

    name: str
    samples: list[str] = []
    target: str | None = None
    date_order: Order | None = None
    """How dates are read that stand in it; None if it does not go where dates go."""
    dates: Order | None = None
    """How its cells look if they are dates; None if none of them could be one."""


class Sheet(msgspec.Struct, kw_only=True):
    """A sheet of a spreadsheet. `rows` is known of the one that was opened."""

    name: str
    hidden: bool = False
    rows: int | None = None


class Detected(msgspec.Struct, kw_only=True):
    """What was understood of a file. A spreadsheet has no encoding and no delimiter, a CSV file no sheets."""

    format: str = CSV
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[Sheet] = []
    heading_line: int | None
    """Where the heading stands; None if the file has none."""
    rows: int = 0
    columns: list[Column] = []

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def is_spreadsheet(self) -> bool:
        return self.format != CSV
