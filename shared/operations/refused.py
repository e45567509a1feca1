"""What is refused about operations, whatever they are about."""

from __future__ import annotations

from shared.errors import Conflict, Text


class OperationUndone(Conflict):
    template = Text(
        "This operation was taken back already.", de="Dieser Vorgang wurde schon zurückgenommen."
    )
