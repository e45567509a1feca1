"""What all kinds of files have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple, Protocol

from services.importer.exports.columns import Column
from services.importer.exports.source import Page


class Look(NamedTuple):
    """What a file is to be like."""

    format: str
    dialect: str
    columns: Sequence[Column]
    zone: tzinfo
    rows: int
    """How many there are at most."""


class Writer(Protocol):
    needs: Sequence[str]
    """The targets that its pages have to tell."""

    def page(self, page: Page) -> None:
        """Write these customers."""

    def finish(self) -> None:
        """Write what comes last."""

    def taken(self) -> bytes:
        """Return what is ready and was not taken yet."""
