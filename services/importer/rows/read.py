"""Reading rows: one pass over the cells, every problem named with its column and value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from services.importer.mapping import Attribute
from services.importer.options import Options
from services.importer.ours.guard import is_ours, unguarded
from services.importer.ours.stand import read_stand
from services.importer.readers import Row
from services.importer.rows.cells import CLEAR, Blank, LeftOut
from services.importer.rows.draft import Asked, Draft, Part
from services.importer.rows.errorcells import error_cells
from services.importer.rows.phones import SHORTEST_PAIR
from services.importer.rows.plan import Plan
from services.importer.rows.problems import Problem, problem
from shared.importids import row_id
from shared.values import ValueRefused

_ALSO_FROM = {
    **dict.fromkeys(("salutation", "title", "first_name", "last_name", "company"), "full_name"),
    **dict.fromkeys(("street", "postal_code", "city", "country"), "full_address"),
    "phone": "mobile",
    "mobile": "phone",
    "opt_in": "opt_in_confirmed_at",
}
"""Where a field may come from that has no column of its own."""

_NEVER_CLEARED = frozenset({"id", "number", "version", "active", "registered_at"})
"""What the system gives: an empty cell says nothing about it."""

_NO_GROUPS: tuple[str, ...] = ()


class Converted(NamedTuple):
    """What a row says. `customer` is ready for the bulk endpoint; it is None if the row is refused."""

    line: int
    customer: dict[str, Any] | None
    groups: tuple[str, ...] | None
    """None: the row says nothing of groups."""
    values: dict[str, Any]
    problems: list[Problem]
    cells: list[str]
    known_at: str | None = None
    """Since when groups and attributes were as in the row when our export wrote it (RFC 3339)."""


class RowReader:
    """Turns the rows of one import into customers, groups and attribute values."""

    def __init__(
        self,
        *,
        import_id: UUID,
        columns: Sequence[str],
        options: Options,
        attributes: Mapping[str, Attribute],
        zone: tzinfo,
        home: str,
        now: datetime,
        samples: Mapping[str, Sequence[str]],
        source: str,
        group_paths: Collection[str],
    ) -> None:
        """`samples` holds some cells of each column, by which the order of its dates is decided; `home`
        is the country of the business.
        """
        plan = Plan(
            columns=columns,
            options=options,
            attributes=attributes,
            zone=zone,
            home=home,
            now=now,
            samples=samples,
            source=source,
            group_paths=group_paths,
        )
        self._columns = list(columns)
        self._mapped = [n for n, column in enumerate(columns) if options.mapping.get(column)]
        self._ours = is_ours(columns)
        self._clears = options.on_empty == "clear"
        self._id_prefix = str(row_id(import_id, 0))[:-8]
        self._texts = plan.texts
        self._readers = plan.readers
        self._values = plan.values
        self._groups = plan.groups
        self._phones = plan.phones
        self._phone_cells = plan.phone_cells
        self._parts = plan.parts
        self._column_of = plan.column_of
        self.date_orders = plan.date_orders
        self._known_at = plan.known_at
        self._half_a_list = options.groups.mode in ("add", "remove")

    def column_of(self, field: str) -> str | None:
        """Return the column that a field of the customer came from."""
        field = field.partition(".")[0]
        return self._column_of.get(field) or self._column_of.get(_ALSO_FROM.get(field, ""))

    def read(self, row: Row) -> Converted:
        line, cells, fault = row
        if self._ours:
            cells = list(map(unguarded, cells))
        if fault is not None:
            return Converted(line, None, None, {}, [problem(line, None, "", fault)], cells)
        problems = [] if self._ours else error_cells(line, cells, self._columns, self._mapped)
        if problems:
            return Converted(line, None, None, {}, problems, cells)
        customer: dict[str, Any] = {"ref": str(line), "id": f"{self._id_prefix}{line:08x}"}
        self._read_texts(cells, customer)
        asked = self._read_fields(line, cells, customer, problems)
        if asked or self._parts:
            draft = Draft(line, cells, customer, problems)
            for part in (*asked, *self._parts):
                part.read(draft)
        values = self._read_values(line, cells, problems) if self._values else {}
        groups = self._read_groups(line, cells, problems) if self._groups else None
        known_at = None if self._known_at is None else read_stand(cells[self._known_at])
        refused = problems and any(one.refused for one in problems)
        kept = None if refused else customer
        return Converted(line, kept, groups, values, problems, cells, known_at)

    def _read_texts(self, cells: list[str], customer: dict[str, Any]) -> None:
        clears = self._clears
        for index, target in self._texts:
            cell = cells[index].strip()
            if cell:
                customer[target] = None if cell in CLEAR else cell
            elif clears:
                customer[target] = None

    def _read_fields(
        self, line: int, cells: list[str], customer: dict[str, Any], problems: list[Problem]
    ) -> list[Part]:
        """Return the parts that some cell asks for."""
        clears = self._clears
        asked: list[Part] = []
        for index in self._phones:
            cell = cells[index]
            if len(cell) >= SHORTEST_PAIR or "E+" in cell:
                asked.append(self._phone_cells)
                break
        for index, target, read in self._readers:
            cell = cells[index].strip()
            if not cell or cell in CLEAR:
                if (cell or clears) and target not in _NEVER_CLEARED:
                    customer[target] = None
                continue
            try:
                customer[target] = read(cell)
            except Blank:
                continue
            except Asked as question:
                asked.append(question.part)
            except LeftOut as error:
                if error.instead is not None:
                    customer[target] = error.instead
                problems.append(
                    problem(line, self._columns[index], cell, error.text, refused=False)
                )
            except ValueRefused as error:
                problems.append(problem(line, self._columns[index], cell, error.text))
        return asked

    def _read_values(self, line: int, cells: list[str], problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for index, key, read in self._values:
            cell = cells[index].strip()
            if not cell:
                if self._clears:
                    values[key] = None
            elif cell in CLEAR:
                values[key] = None
            else:
                try:
                    values[key] = read(cell)
                except ValueRefused as error:
                    problems.append(problem(line, self._columns[index], cell, error.text))
        return values

    def _read_groups(
        self, line: int, cells: list[str], problems: list[Problem]
    ) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = _NO_GROUPS if self._clears else None
        complete = True
        for index, group_cell in self._groups:
            cell = cells[index].strip()
            if cell in CLEAR:
                found = found or _NO_GROUPS
            elif cell:
                try:
                    paths, faults = group_cell.read(cell)
                except ValueRefused as error:
                    problems.append(problem(line, self._columns[index], cell, error.text))
                    continue
                found = paths if not found else tuple(dict.fromkeys(found + paths))
                for fault in faults:
                    complete = False
                    column = self._columns[index]
                    problems.append(problem(line, column, cell, fault, refused=False))
        # Half a list takes nobody out of the other half.
        return found if complete or self._half_a_list else None
