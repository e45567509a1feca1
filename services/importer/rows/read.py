"""Reading rows: one pass over the cells, every problem named with its column and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from services.importer.guard import is_ours, unguarded
from services.importer.mapping import ATTRIBUTE, Attribute
from services.importer.options import Options
from services.importer.readers import Row
from services.importer.rows.cells import Reader, Remembered, reader_for
from services.importer.rows.consent import ConsentCells
from services.importer.rows.groups import GroupsCell
from services.importer.rows.names import split_name
from services.importer.rows.problems import Problem, problem
from shared.values import Order, ValueRefused, guess_order, value_parser

CLEAR = frozenset({"[leer]", "[empty]", "[clear]"})
"""A cell with one of these takes the stored value away."""

_SPECIAL = frozenset(
    {"groups", "full_name", "house_number", "note", "opt_in_confirmed_at", "opt_in_evidence"}
)
_DATED = frozenset({"birthday", "registered_at", "opt_in_confirmed_at"})
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


def row_id(import_id: UUID, line: int) -> UUID:
    """Return the id that a customer created from this row gets, the same each time it is asked for.

    It sorts like the import's own UUIDv7; its last 32 bits are the line. So a step that is repeated after
    a crash finds the customers it made, also those without e-mail and number.
    """
    return UUID(int=import_id.int >> 32 << 32 | line)


def row_of(customer_id: UUID) -> tuple[UUID, UUID, int]:
    """Return between which ids the import is whose row made the customer, and the line, if it was a row."""
    first = customer_id.int >> 32 << 32
    return UUID(int=first), UUID(int=first | 0xFFFFFFFF), customer_id.int & 0xFFFFFFFF


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
        self._columns = list(columns)
        self._ours = is_ours(columns)
        self._clears = options.on_empty == "clear"
        self._id_prefix = str(row_id(import_id, 0))[:-8]
        self._texts: list[tuple[int, str]] = []
        self._readers: list[tuple[int, str, Reader]] = []
        self._values: list[tuple[int, str, Reader]] = []
        self._notes: list[int] = []
        self._groups: list[int] = []
        self._name: int | None = None
        self._house: int | None = None
        self._group_cell = GroupsCell(options.group_map())
        self._column_of: dict[str, str] = {}
        today = now.astimezone(zone).date()
        consent: dict[str, int] = {}
        for index, column in enumerate(self._columns):
            target = options.mapping.get(column)
            if target is None or (target == "id" and "id" not in options.match_on):
                continue
            self._column_of.setdefault(target, column)
            order = options.date_order or _order(target, samples.get(column, ()), attributes)
            if target.startswith(ATTRIBUTE):
                attribute = attributes[target.removeprefix(ATTRIBUTE)]
                self._values.append((index, attribute.key, _value_reader(attribute, order)))
            elif target.startswith("opt_in"):
                consent[target] = index
            elif target in _SPECIAL:
                self._special(target, index)
            elif reader := reader_for(target, zone, order, today):
                self._readers.append((index, target, reader))
            else:
                self._texts.append((index, target))
        if len(self._notes) == 1:
            self._texts.append((self._notes.pop(), "note"))
        self._consent = None
        if "opt_in_confirmed_at" in consent:
            index = consent["opt_in_confirmed_at"]
            column = self._columns[index]
            order = options.date_order or guess_order(samples.get(column, ()))
            self._consent = ConsentCells(
                column=column,
                index=index,
                evidence_index=consent.get("opt_in_evidence"),
                statement=options.opt_in_evidence,
                source=source,
                read=reader_for("opt_in_confirmed_at", zone, order, today),
            )

    def _special(self, target: str, index: int) -> None:
        if target == "groups":
            self._groups.append(index)
        elif target == "note":
            self._notes.append(index)
        elif target == "full_name":
            self._name = index
        else:
            self._house = index

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
        problems: list[Problem] = []
        customer: dict[str, Any] = {"ref": str(line), "id": f"{self._id_prefix}{line:08x}"}
        self._read_fields(line, cells, customer, problems)
        if self._name is not None or self._house is not None or self._notes:
            self._join(customer, cells)
        values = self._read_values(line, cells, problems) if self._values else {}
        groups = self._read_groups(line, cells, problems) if self._groups else None
        if self._consent is not None:
            self._consent.read(line, cells, customer, problems)
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
            except ValueRefused as error:
                problems.append(problem(line, self._columns[index], cell, error.text))

    def _join(self, customer: dict[str, Any], cells: list[str]) -> None:
        """Put together what came in several columns, and apart what came in one."""
        if self._name is not None and (name := cells[self._name].strip()):
            first, last = split_name(name)
            customer["last_name"] = last
            if first:
                customer.setdefault("first_name", first)
        if (
            self._house is not None
            and (house := cells[self._house].strip())
            and customer.get("street")
        ):
            customer["street"] = f"{customer['street']} {house}"
        if self._notes:
            notes = [note for index in self._notes if (note := cells[index].strip())]
            if notes:
                clear = len(notes) == 1 and notes[0] in CLEAR
                customer["note"] = None if clear else "\n".join(notes)
            elif self._clears:
                customer["note"] = None

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


def _value_reader(attribute: Attribute, order: Order) -> Reader:
    read = value_parser(
        attribute.type,  # type: ignore[arg-type]
        choices=attribute.choices,
        pattern=attribute.pattern,
        pattern_hint=attribute.pattern_hint,
        date_order=order,
    )
    return Remembered(read).__getitem__


def _order(target: str, samples: Sequence[str], attributes: Mapping[str, Attribute]) -> Order:
    attribute = attributes.get(target.removeprefix(ATTRIBUTE))
    dated = target in _DATED or (attribute is not None and attribute.type == "date")
    return guess_order(samples) if dated else "day_first"
