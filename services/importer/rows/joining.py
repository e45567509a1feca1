"""Fields that come in several columns."""

from __future__ import annotations

from collections.abc import Sequence

from services.importer.rows.cells import CLEAR
from services.importer.rows.draft import Draft


class HouseNumber:
    """A column beside the street."""

    def __init__(self, index: int) -> None:
        self._index = index

    def read(self, draft: Draft) -> None:
        if (house := draft.cell(self._index)) and (street := draft.customer.get("street")):
            draft.customer["street"] = f"{street} {house}"


class Notes:
    """Several columns that become one note, a line each."""

    def __init__(self, places: Sequence[int], *, clears: bool) -> None:
        self._places = places
        self._clears = clears

    def read(self, draft: Draft) -> None:
        notes = [note for index in self._places if (note := draft.cell(index))]
        if notes:
            clear = len(notes) == 1 and notes[0] in CLEAR
            draft.customer["note"] = None if clear else "\n".join(notes)
        elif self._clears:
            draft.customer["note"] = None
