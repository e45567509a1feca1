"""One column for the whole name."""

from __future__ import annotations

from services.importer.rows.draft import Draft

_BEFORE_LAST = frozenset(
    {"von", "van", "zu", "zum", "zur", "vom", "de", "der", "den", "di", "da", "del", "la", "le"}
)


class WholeName:
    """First and last name in one cell."""

    def __init__(self, index: int) -> None:
        self._index = index

    def read(self, draft: Draft) -> None:
        if name := draft.cell(self._index):
            first, last = split_name(name)
            draft.customer["last_name"] = last
            if first:
                draft.customer.setdefault("first_name", first)


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name: "Meier, Anna" and "Anna Meier" are the same, "von" belongs to the last."""
    last, comma, first = name.partition(",")
    if comma and last.strip():
        return " ".join(first.split()), " ".join(last.split())
    words = name.replace(",", " ").split()
    if not words:
        return "", name
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _BEFORE_LAST:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
