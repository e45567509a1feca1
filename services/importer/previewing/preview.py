"""What an import would do, without doing it: the same reading and the same bulk endpoint, as a dry run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.importer.previewing.checking import WOULD, Checked, check
from services.importer.previewing.impact import Starts
from services.importer.previewing.newcomers import Newcomers
from services.importer.rows import Converted, Problem
from services.importer.rows.problems import problem
from services.importer.running.calls import Services
from services.importer.running.source import Source
from shared.errors import Text
from shared.values import sort_key

SHOWN_ROWS = 20
SHOWN_PROBLEMS = 1_000
ENOUGH_S = 12.0
"""A person is waiting: what is not checked by then is said to be unchecked. What would start is asked after
that and takes as long again at most; the console waits for half a minute."""

TAKEN = frozenset({"create", "update", "unchanged"})
"""What becomes of rows that are not refused."""

CREATED_ABOVE = Text(
    "An earlier row of the file is about the same new customer, and existing ones are not to be changed.",
    de="Eine frühere Zeile der Datei meint denselben neuen Kunden, und vorhandene sollen nicht "
    "geändert werden.",
)


class Preview:
    """Goes through an import's rows and adds up what would become of them."""

    def __init__(self, source: Source, services: Services) -> None:
        self._source = source
        self._services = services
        self._would: Counter[str] = Counter()
        self._groups: Counter[tuple[str, ...]] = Counter()
        self._rows: list[dict[str, Any]] = []
        self._problems: list[Problem] = []
        self._problems_total = 0
        self._with_opt_in = 0
        self._newcomers = Newcomers(source.options)
        self._starts = Starts(source.options)
        self._seen: set[str] = set()
        self._repeated = 0
        self._checked = 0

    def look(self) -> dict[str, Any]:
        """Return what the API tells of a preview, reasons still in both languages."""
        existing = set(map(sort_key, self._source.group_paths))
        end = time.monotonic() + ENOUGH_S
        complete = True
        for rows in self._source.steps():
            self._check(rows)
            if time.monotonic() > end:
                complete = self._checked >= self._source.rows_total
                break
        return {
            "would": {name: self._would[name] for name in WOULD.values()},
            "impact": {
                "groups": self._group_impact(existing),
                **self._group_counts(existing),
                "with_opt_in": self._with_opt_in,
                "start_sequences": self._source.options.start_sequences,
                **self._starts.told(self._services),
            },
            "repeated": self._repeated,
            "dates": self._dates(),
            "rows": self._rows,
            "problems": self._problems,
            "problems_total": self._problems_total,
            "rows_checked": self._checked,
            "complete": complete,
        }

    def _dates(self) -> list[dict[str, Any]]:
        orders = self._source.reader.date_orders
        chosen = self._source.options.date_order is not None
        return [
            {"column": column, "order": orders[column], "chosen": chosen}
            for column in self._source.columns
            if column in orders
        ]

    def _check(self, rows: Sequence[Converted]) -> None:
        for one in map(self._beside_newcomers, check(self._source, self._services, rows)):
            self._note(one.problems)
            self._checked += 1
            self._would[one.would] += 1
            if one.would in TAKEN:
                self._count(one)
            if len(self._rows) < SHOWN_ROWS:
                self._rows.append(_shown(one.row, one.would))

    def _beside_newcomers(self, one: Checked) -> Checked:
        """A dry run creates nobody: an earlier row may be about the same new customer."""
        if one.would != "create":
            return one
        would, customer_id = self._newcomers.would(one.row)
        problems = one.problems
        if would == "conflict":
            problems = [problem(one.row.line, None, "", CREATED_ABOVE), *problems]
        return one._replace(would=would, customer_id=customer_id, problems=problems)

    def _count(self, one: Checked) -> None:
        """Add up what a row would do that is taken."""
        row, about = one.row, one.customer_id
        if row.groups:
            self._groups[row.groups] += 1
        if row.customer is not None and "opt_in" in row.customer:
            self._with_opt_in += 1
        if about is not None:
            self._repeated += about in self._seen
            self._seen.add(about)
            self._starts.note(row, about, one.warnings)

    def _note(self, problems: Sequence[Problem]) -> None:
        self._problems_total += len(problems)
        self._problems += problems[: SHOWN_PROBLEMS - len(self._problems)]

    def _group_impact(self, existing: set[str]) -> list[dict[str, Any]]:
        """Return the groups of most rows. `existing`: keys of the paths that there are already."""
        return [
            {"group": path, "rows": count, "exists": sort_key(path) in existing}
            for path, count in self._rows_by_group().most_common(SHOWN_PROBLEMS)
        ]

    def _group_counts(self, existing: set[str]) -> dict[str, int]:
        named = {sort_key(path) for path in self._rows_by_group()}
        return {"groups_existing": len(named & existing), "groups_new": len(named - existing)}

    def _rows_by_group(self) -> Counter[str]:
        rows: Counter[str] = Counter()
        for paths, count in self._groups.items():
            for path in paths:
                rows[path] += count
        return rows


def _shown(row: Converted, status: str) -> dict[str, Any]:
    customer = {k: v for k, v in (row.customer or {}).items() if k not in ("ref", "id")}
    return {
        "row": row.line,
        "status": status,
        "customer": customer,
        "groups": list(row.groups or ()),
        "attributes": row.values,
    }
