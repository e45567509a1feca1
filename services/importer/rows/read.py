"""Reading rows: one pass over the cells, every problem named with its column and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from services.importer.guard import is_ours, unguarded
from services.importer.mapping import Attribute
from services.importer.options import Options
from services.importer.readers import Row
from services.importer.rows.cells import CLEAR, Blank, LeftOut
from services.importer.rows.draft import Draft
from services.importer.rows.errorcells import error_cells
from services.importer.rows.groups import GroupsCell
from services.importer.rows.plan import Plan
from services.importer.rows.problems import Problem, problem
from shared.importids import row_id
from shared.values import ValueRefused

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
        now: datetime,
        samples: Mapping[str, Sequence[str]],
        source: str,
    ) -> None:
        """`samples` holds some cells of each column, by which the order of its dates is decided."""
        plan = Plan(
            columns=columns,
            options=options,
            attributes=attributes,
            zone=zone,
            now=now,
            samples=samples,
            source=source,
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
        self._parts = plan.parts
        self._column_of = plan.column_of
        self._group_cell = GroupsCell(options.group_map())

    def column_of(self, field: str) -> str | None:
        """Return the column that a field of the customer came from."""
        field = field.partition(".")[0]
        if field in ("last_name", "first_name"):
            return self._column_of.get(field) or self._column_of.get("full_name")
        if field == "opt_in":
            return self._column_of.get("opt_in_confirmed_at")
        return self._column_of.get(field)

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
        self._read_fields(line, cells, customer, problems)
        if self._parts:
            draft = Draft(line, cells, customer, problems)
            for part in self._parts:
                part.read(draft)
        values = self._read_values(line, cells, problems) if self._values else {}
        groups = self._read_groups(line, cells, problems) if self._groups else None
        refused = problems and any(one.refused for one in problems)
        return Converted(line, None if refused else customer, groups, values, problems, cells)

    def _read_fields(
        self, line: int, cells: list[str], customer: dict[str, Any], problems: list[Problem]
    ) -> None:
        clears = self._clears
        for index, target in self._texts:
            cell = cells[index].strip()
            if cell:
                customer[target] = None if cell in CLEAR else cell
            elif clears:
                customer[target] = None
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
            except ValueRefused as error:
                refused = not isinstance(error, LeftOut)
                problems.append(
                    problem(line, self._columns[index], cell, error.text, refused=refused)
                )

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
        for index in self._groups:
            cell = cells[index].strip()
            if cell in CLEAR:
                found = found or _NO_GROUPS
            elif cell:
                try:
                    paths = self._group_cell.read(cell)
                except ValueRefused as error:
                    problems.append(problem(line, self._columns[index], cell, error.text))
                else:
                    found = paths if not found else tuple(dict.fromkeys(found + paths))
        return found


_NEVER_CLEARED = frozenset({"id", "number", "version", "active", "registered_at"})
"""What the system gives: an empty cell says nothing about it."""
