"""Whether rows would be taken: read as an import reads them, and asked of customers as a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.importer.rows import Converted, Problem
from services.importer.running.calls import Services
from services.importer.running.source import Source
from services.importer.running.steps import customers_body, in_order, refusals

WOULD = {
    "created": "create",
    "updated": "update",
    "unchanged": "unchanged",
    "invalid": "invalid",
    "conflict": "conflict",
}


class Checked(NamedTuple):
    """A row, what would become of it, and all that is wrong with it."""

    row: Converted
    would: str
    problems: list[Problem]
    customer_id: str | None = None
    """Who it is about, if that is certain."""
    warnings: Mapping[str, Any] = {}
    """By field, what of the row would not be taken over."""


def check(source: Source, services: Services, rows: Sequence[Converted]) -> Iterator[Checked]:
    """Yield what would become of each of the rows."""
    good = [row for row in rows if row.customer is not None]
    found: dict[int, Checked] = {}
    if good:
        body = customers_body(good, source.options, reference=None)
        results = services.write_customers(body, key=None, line=good[0].line)
        for row, result in zip(good, in_order(good, results), strict=True):
            would = WOULD[result["status"]]
            refused = would in ("invalid", "conflict")
            said = refusals(row, result, source.reader.column_of) if refused else []
            found[row.line] = Checked(
                row, would, [*row.problems, *said], result.get("id"), result.get("warnings") or {}
            )
    for row in rows:
        yield found.get(row.line) or Checked(row, "invalid", row.problems)
