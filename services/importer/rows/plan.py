"""What becomes of each column, decided once for all rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo

from services.importer.mapping import ATTRIBUTE, Attribute
from services.importer.mapping.headings import TAGS, heading_key
from services.importer.options import Options
from services.importer.ours.guard import is_export
from services.importer.rows.addresses import AddressCell
from services.importer.rows.cells import Reader, Remembered, is_marked, reader_for, without_mark
from services.importer.rows.consent import ConsentCells
from services.importer.rows.dates import is_dated
from services.importer.rows.draft import Part
from services.importer.rows.groups import GroupsCell
from services.importer.rows.joining import HouseNumber, Notes
from services.importer.rows.names import NameCell, SalutationCell
from services.importer.rows.phones import PhoneCells, Place
from shared.values import Order, guess_order, value_parser

PHONES = ("phone", "mobile")
_MARKED = frozenset({"phone", "mobile", "postal_code"})


class Plan:
    """The columns of one import by the way they are read."""

    def __init__(
        self,
        *,
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
        """`samples` holds some cells of each column, by which the order of its dates is decided."""
        self._columns = list(columns)
        self._ours = is_export(columns)
        self._options = options
        self._attributes = attributes
        self._samples = samples
        self._zone = zone
        self._home = home
        self._today = now.astimezone(zone).date()
        self.texts: list[tuple[int, str]] = []
        self.readers: list[tuple[int, str, Reader]] = []
        self.values: list[tuple[int, str, Reader]] = []
        self.groups: list[tuple[int, GroupsCell]] = []
        self.phones: list[int] = []
        self.parts: list[Part] = []
        self.known_at: int | None = None
        self.date_orders: dict[str, Order] = {}
        """How the dates of each column are written."""
        self.column_of: dict[str, str] = {}
        """The first column of each target."""
        self._places: dict[str, list[int]] = {}
        for index, column in enumerate(self._columns):
            target = options.mapping.get(column)
            if target is None or (target == "id" and "id" not in options.match_on):
                continue
            self.column_of.setdefault(target, column)
            self._places.setdefault(target, []).append(index)
            if target.startswith(ATTRIBUTE):
                attribute = attributes[target.removeprefix(ATTRIBUTE)]
                order = self._order(target, index)
                self.values.append((index, attribute.key, _value_reader(attribute, order)))
        self._sort_fields(group_paths)
        self._sort_phones()
        self._consent(source)

    def _sort_fields(self, group_paths: Collection[str]) -> None:
        clears = self._options.on_empty == "clear"
        for target, places in self._places.items():
            column, index = self._columns[places[0]], places[0]
            if target.startswith((ATTRIBUTE, "opt_in")) or target == "unsubscribed":
                continue
            if target == "groups":
                self._sort_groups(places, group_paths)
            elif target == "known_at":
                self.known_at = places[0]
            elif target == "full_name":
                self.parts.append(NameCell(index, clears=clears))
            elif target == "full_address":
                self.parts.append(AddressCell(column, index, clears=clears))
            elif target == "house_number":
                self.parts.append(HouseNumber(index))
            elif target == "note" and len(places) > 1:
                self.parts.append(Notes(places, clears=clears))
            else:
                self._sort_plain(target, places)

    def _sort_groups(self, places: Sequence[int], group_paths: Collection[str]) -> None:
        map_ = self._options.group_map()
        for index in places:
            tags = heading_key(self._columns[index]) in TAGS
            cell = GroupsCell(map_, group_paths, ours=self._ours, tags=tags)
            self.groups.append((index, cell))

    def _sort_plain(self, target: str, places: Sequence[int]) -> None:
        for index in places:
            if reader := self._reader(target, index):
                self.readers.append((index, target, reader))
            else:
                self.texts.append((index, target))

    def _sort_phones(self) -> None:
        """They are read as they stand; `phone_cells` looks again where a cell may hold more than one."""
        places = [
            Place(index, target, self._columns[index])
            for target in PHONES
            for index in self._places.get(target, ())
        ]
        self.phone_cells = PhoneCells(places, self._home)
        if self.phone_cells.competing:
            self.parts.append(self.phone_cells)
        elif not self._ours:
            self.phones = [place.at for place in places]

    def _consent(self, source: str) -> None:
        if "opt_in_confirmed_at" not in self._places:
            return
        index = self._places["opt_in_confirmed_at"][0]
        self.parts.append(
            ConsentCells(
                column=self._columns[index],
                index=index,
                evidence_index=self._places.get("opt_in_evidence", [None])[0],
                withdrawn_index=self._places.get("unsubscribed", [None])[0],
                statement=self._options.opt_in_evidence,
                source=source,
                read=self._reader("opt_in_confirmed_at", index),
            )
        )

    def _reader(self, target: str, index: int) -> Reader | None:
        """In files of ours every column is one field, and its text comes back as it went."""
        if target == "salutation" and not self._ours:
            return Remembered(SalutationCell(index).salutation).__getitem__
        if target in _MARKED and not self._ours and any(map(is_marked, self._cells(index))):
            return without_mark
        return reader_for(target, self._zone, self._order(target, index), self._today)

    def _order(self, target: str, index: int) -> Order:
        """Return how the dates of a column are written: as chosen, else as most of its samples are."""
        if not is_dated(target, self._attributes):
            return "day_first"
        order = self._options.date_order or guess_order(self._cells(index))
        self.date_orders[self._columns[index]] = order
        return order

    def _cells(self, index: int) -> Sequence[str]:
        return self._samples.get(self._columns[index], ())


def _value_reader(attribute: Attribute, order: Order) -> Reader:
    read = value_parser(
        attribute.type,  # type: ignore[arg-type]
        choices=attribute.choices,
        pattern=attribute.pattern,
        pattern_hint=attribute.pattern_hint,
        date_order=order,
    )
    return Remembered(read).__getitem__
