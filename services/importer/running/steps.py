"""One step of an import: some hundred rows, written to customers, then to groups.

Both writes may be repeated: each carries a key that the service remembers, and each new customer an id that
follows from the import and the line. So a step that a crash cut off is simply done again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.importer.options import Options
from services.importer.rows import Converted, Problem
from services.importer.rows.problems import problem
from services.importer.running.calls import Services
from services.importer.work.waiting import patiently
from shared.crashpoints import crashpoint
from shared.errors import Text
from shared.importids import reference_of

CHANGED_MEANWHILE = Text(
    "Somebody else changed this customer meanwhile. Nothing of the row was written.",
    de="Jemand anders hat diesen Kunden inzwischen geändert. Von der Zeile wurde nichts geschrieben.",
)
NO_SUCH_GROUP = Text(
    "There is no group {group}, and missing groups are not to be created. The customer was imported.",
    de="Es gibt keine Gruppe {group}, und fehlende sollen nicht angelegt werden. "
    "Der Kunde wurde importiert.",
)
VALUE_LEFT_OUT = Text(
    "The value was left out: {reason} The customer was imported.",
    de="Der Wert wurde weggelassen: {reason} Der Kunde wurde importiert.",
)
ERASED = Text(
    "The customer was erased meanwhile and is in no group.",
    de="Der Kunde wurde inzwischen gelöscht und ist in keiner Gruppe.",
)
WRITTEN = frozenset({"created", "updated", "unchanged"})


class Known(NamedTuple):
    """A row whose customer is written, and under which id."""

    row: Converted
    customer_id: str


class Outcome:
    """What became of a step's rows."""

    def __init__(self, rows: Sequence[Converted]) -> None:
        self.rows = len(rows)
        self.last_line = rows[-1].line if rows else 0
        self.counts = dict.fromkeys(("created", "updated", "unchanged", "failed", "conflicts"), 0)
        self.problems: dict[int, tuple[Converted, list[Problem]]] = {}
        self.known: list[Known] = []
        self.met: list[Known] = []
        """Rows that were refused, but are about a customer who is there."""
        self.created_groups: list[str] = []

    def note(self, row: Converted, *problems: Problem) -> None:
        if problems:
            self.problems.setdefault(row.line, (row, []))[1].extend(problems)


class Step:
    """The rows of one step on their way."""

    def __init__(
        self,
        rows: Sequence[Converted],
        *,
        import_id: UUID,
        options: Options,
        column_of: Any,
        services: Services,
        stop: threading.Event,
    ) -> None:
        self._rows = rows
        self._import_id = import_id
        self._reference = reference_of(import_id)
        self._key = f"{self._reference}/{rows[0].line}-{rows[-1].line}"
        self._options = options
        self._column_of = column_of
        self._services = services
        self._stop = stop
        self.outcome = Outcome(rows)

    def write_customers(self) -> Step:
        outcome = self.outcome
        good = []
        for row in self._rows:
            if row.problems:
                outcome.note(row, *row.problems)
            if row.customer is None:
                outcome.counts["failed"] += 1
            else:
                good.append(row)
        if not good:
            return self
        body = customers_body(good, self._options, reference=self._import_id)
        key = f"{self._key}:customers"
        results = patiently(
            lambda: self._services.write_customers(body, key=key, line=good[0].line), self._stop
        )
        crashpoint("importer.after_customers")
        for row, result in zip(good, in_order(good, results), strict=True):
            status = result["status"]
            if status in WRITTEN:
                outcome.counts[status] += 1
                outcome.known.append(Known(row, result["id"]))
                if warnings := result.get("warnings"):
                    outcome.note(row, *said(row, warnings, self._column_of, refused=False))
            else:
                outcome.counts["conflicts" if status == "conflict" else "failed"] += 1
                outcome.note(row, *refusals(row, result, self._column_of))
                if result.get("id"):
                    outcome.met.append(Known(row, result["id"]))
        return self

    def write_groups(self) -> Step:
        """Groups and values in one request: the first mail of a sequence may already speak of them."""
        options = self._options
        rows = [
            one for one in self.outcome.known if one.row.values or _says_groups(one.row, options)
        ]
        if not rows:
            return self
        body = {
            "rows": [_for_groups(known, options) for known in rows],
            "create_missing": options.groups.create_missing,
            "source": "import",
            "reference": self._reference,
            "start_sequences": options.start_sequences,
        }
        key = f"{self._key}:memberships"
        answer = patiently(
            lambda: self._services.write_memberships(body, key=key, line=rows[0].row.line),
            self._stop,
        )
        crashpoint("importer.after_memberships")
        self.outcome.created_groups = [group["id"] for group in answer["created_groups"]]
        for known, result in zip(rows, answer["results"], strict=True):
            if result["unknown"] or result["erased"]:
                self._note_groups(known, result)
            if result["errors"]:
                self._note_values(known, result["errors"])
        return self

    def _note_groups(self, known: Known, result: dict[str, Any]) -> None:
        column = self._column_of("groups")
        reasons = [(group, NO_SUCH_GROUP.fill(group=f"'{group}'")) for group in result["unknown"]]
        if result["erased"]:
            reasons.append(("", ERASED))
        for value, reason in reasons:
            self.outcome.note(
                known.row, problem(known.row.line, column, value, reason, refused=False)
            )

    def _note_values(self, known: Known, errors: dict[str, list[str]]) -> None:
        for attribute, messages in errors.items():
            column = self._column_of(f"attribute:{attribute}")
            reason = VALUE_LEFT_OUT.fill(reason=" ".join(messages))
            value = str(known.row.values.get(attribute, ""))
            self.outcome.note(
                known.row, problem(known.row.line, column, value, reason, refused=False)
            )


def customers_body(
    rows: Sequence[Converted], options: Options, *, reference: UUID | None
) -> dict[str, Any]:
    """Return the bulk request for these rows: of the import `reference`, or only tried if that is None."""
    return {
        "rows": [row.customer for row in rows],
        # The id comes first whatever was chosen: it is how a repeated step finds what it made.
        "match_on": ["id", *(way for way in options.match_on if way != "id")],
        "mode": options.mode,
        "source": "import",
        "on_stale": "merge",
        "dry_run": reference is None,
        "reference": None if reference is None else str(reference),
    }


def in_order(
    rows: Sequence[Converted], results: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Return each row's result. They come in the order of the rows; `ref` proves it."""
    if all(
        row.line == int(result["ref"]) for row, result in zip(rows, results, strict=False)
    ) and len(rows) == len(results):
        return results
    by_ref = {int(result["ref"]): result for result in results}
    return [by_ref[row.line] for row in rows]


def refusals(row: Converted, result: dict[str, Any], column_of: Any) -> list[Problem]:
    """Return what the customers service said about a row, each at the column that it is about."""
    errors = result.get("errors") or {}
    if not errors:
        reason = CHANGED_MEANWHILE if result["status"] == "conflict" else result["status"]
        return [problem(row.line, None, "", reason)]
    return said(row, errors, column_of, refused=True)


def said(
    row: Converted, messages: dict[str, Any], column_of: Any, *, refused: bool
) -> list[Problem]:
    """Return messages by field as problems, each with the column and the value it is about."""
    assert row.customer is not None
    found = []
    for field, texts in messages.items():
        value = row.customer.get(field.partition(".")[0])
        shown = "" if value is None or isinstance(value, dict) else str(value)
        found += [
            problem(row.line, column_of(field), shown, one, refused=refused)
            for one in _as_list(texts)
        ]
    return found


def _for_groups(known: Known, options: Options) -> dict[str, Any]:
    """Return what the groups service is asked to do about a row."""
    row = known.row
    says = _says_groups(row, options)
    asked: dict[str, Any] = {
        "customer_id": known.customer_id,
        "groups": row.groups if says else (),
        "mode": options.groups.mode if says else "add",
    }
    if row.values:
        asked["values"] = row.values
    if row.known_at is not None:
        asked["known_at"] = row.known_at
    return asked


def _says_groups(row: Converted, options: Options) -> bool:
    return row.groups is not None and (bool(row.groups) or options.groups.mode == "replace")


def _as_list(messages: Any) -> list[str]:
    return [str(one) for one in messages] if isinstance(messages, list | tuple) else [str(messages)]
