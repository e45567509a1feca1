"""Reading a filter as it is sent or was saved, with the place of everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from services.groups.models import Scope
from services.groups.selection import facts
from services.groups.selection.comparing import (
    FIELDS,
    Wrong,
    attribute_reader,
    field_reader,
    kind_of,
    read_test,
)
from services.groups.selection.names import Names
from services.groups.selection.tree import (
    Active,
    All,
    InGroup,
    Nobody,
    Node,
    Not,
    OfAttribute,
    OfField,
    OptIn,
    Some,
    tests_of,
)
from shared.errors import Text

DEEPEST = 20
MOST_CONDITIONS = 500
MOST_LOOKUPS = 50
"""Of conditions that ask other tables, each of them a join or more."""
MOST_VALUES = 10_000
"""Of all comparisons together: a statement has at most 32,766 parameters in SQLite, 65,535 in PostgreSQL."""
OPT_IN_STATES = ("none", "requested", "confirmed", "revoked")

_SHAPE = Text(
    "A condition is an object with one of: {kinds}.",
    de="Eine Bedingung ist ein Objekt mit einem von: {kinds}.",
)
_LIST = Text("This is a list of conditions.", de="Das ist eine Liste von Bedingungen.")
_TOO_DEEP = Text(
    "Conditions are nested at most {most} deep.",
    de="Bedingungen sind höchstens {most} Ebenen tief.",
)
_TOO_MANY = Text(
    "A filter has at most {most} conditions.", de="Ein Filter hat höchstens {most} Bedingungen."
)
_TOO_MANY_LOOKUPS = Text(
    "A filter has at most {most} conditions on groups, attributes, history, activities and mails.",
    de="Ein Filter hat höchstens {most} Bedingungen zu Gruppen, Attributen, Historie, Aktivitäten und Mails.",
)
_TOO_MANY_VALUES = Text(
    "A filter has at most {most} values.", de="Ein Filter hat höchstens {most} Werte."
)
_UNKNOWN = Text("{kind} does not know '{key}'.", de="{kind} kennt '{key}' nicht.")
_BOOL = Text("This is true or false.", de="Das ist true oder false.")
_ONE_OF = Text("Possible are {values}.", de="Möglich sind {values}.")
_CIRCLE = Text(
    "A selection cannot contain itself, not even by another one.",
    de="Eine Selektion kann sich nicht selbst enthalten, auch nicht über eine andere.",
)


class _TooLarge(Exception):
    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


class Size:
    """How large a filter is so far, with the saved selections in it."""

    def __init__(self) -> None:
        self._conditions = self._lookups = self._values = 0

    def add(self, *, conditions: int = 0, lookups: int = 0, values: int = 0) -> None:
        """Raise _TooLarge, from then on always, if the filter is too large by this."""
        self._conditions += conditions
        self._lookups += lookups
        self._values += values
        if (text := self.exceeded()) is not None:
            raise _TooLarge(text)

    def exceeded(self) -> Text | None:
        for number, most, text in (
            (self._conditions, MOST_CONDITIONS, _TOO_MANY),
            (self._lookups, MOST_LOOKUPS, _TOO_MANY_LOOKUPS),
            (self._values, MOST_VALUES, _TOO_MANY_VALUES),
        ):
            if number > most:
                return text.fill(most=most)
        return None


class Reader:
    """Reads one filter. What is wrong is in `errors` by its place, and reads as true of nobody.

    `within` are the selections that are being read already, and `size` is that of them all.
    """

    def __init__(
        self, names: Names, *, within: frozenset[UUID] = frozenset(), size: Size | None = None
    ) -> None:
        self._names, self._within = names, within
        self._size = size or Size()
        self.errors: dict[str, list[Text]] = {}

    def read(self, raw: Any, place: str = "filter", depth: int = 1) -> tuple[Node, Any]:
        """Return what the filter says, and the filter as it is saved: its groups by their ids."""
        try:
            return self._read(raw, place, depth)
        except Wrong as wrong:
            return self._refuse(f"{place}.{wrong.part}", wrong.text, raw)
        except _TooLarge as large:
            return self._refuse("filter", large.text, raw)

    def _read(self, raw: Any, place: str, depth: int) -> tuple[Node, Any]:
        kinds = [kind for kind in _KINDS if isinstance(raw, dict) and kind in raw]
        self._size.add(conditions=1, lookups=not _LOOKUPS.isdisjoint(kinds))
        if depth > DEEPEST:
            return self._refuse(place, _TOO_DEEP.fill(most=DEEPEST), raw)
        if len(kinds) != 1:
            return self._refuse(place, _SHAPE.fill(kinds=", ".join(_KINDS)), raw)
        kind = kinds[0]
        read, allowed = _KINDS[kind]
        for key in raw.keys() - allowed:
            return self._refuse(f"{place}.{key[:40]}", _UNKNOWN.fill(kind=kind, key=key[:40]), raw)
        node, settled = read(self, raw, place, depth)
        if tests := tests_of(node):
            self._size.add(values=sum(len(test.values) for test in tests))
        return node, settled

    def _refuse(self, place: str, text: Text, raw: Any) -> tuple[Node, Any]:
        known = self.errors.setdefault(place, [])
        if text not in known:
            known.append(text)
        return Nobody(), raw

    def _parts(self, raw: Any, key: str, place: str, depth: int) -> list[tuple[Node, Any]]:
        if not isinstance(raw[key], list):
            raise Wrong(key, _LIST)
        return [
            self.read(part, f"{place}.{key}.{index}", depth + 1)
            for index, part in enumerate(raw[key])
            if self._size.exceeded() is None
        ]

    def _all(self, raw: Any, place: str, depth: int) -> tuple[Node, Any]:
        parts = self._parts(raw, "all", place, depth)
        return All(tuple(node for node, _ in parts)), {"all": [settled for _, settled in parts]}

    def _any(self, raw: Any, place: str, depth: int) -> tuple[Node, Any]:
        parts = self._parts(raw, "any", place, depth)
        return Some(tuple(node for node, _ in parts)), {"any": [settled for _, settled in parts]}

    def _not(self, raw: Any, place: str, depth: int) -> tuple[Node, Any]:
        node, settled = self.read(raw["not"], f"{place}.not", depth + 1)
        return Not(node), {"not": settled}

    def _group(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        below = raw.get("include_subgroups", False)
        if not isinstance(below, bool):
            raise Wrong("include_subgroups", _BOOL)
        group_id, meant = self._names.group(raw["group"], below=below)
        since, before = self._names.span(raw)
        return InGroup(frozenset(meant), since, before), {**raw, "group": str(group_id)}

    def _field(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        field = raw["field"]
        kind = FIELDS.get(field) if isinstance(field, str) else None
        if kind is None:
            raise Wrong("field", _ONE_OF.fill(values=", ".join(sorted(FIELDS))))
        return OfField(field, read_test(kind, raw, self._names.now, field_reader(field))), raw

    def _attribute(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        attribute = self._names.attribute(Scope.customer, raw["attribute"], "attribute")
        read = attribute_reader(attribute)
        test = read_test(kind_of(attribute), raw, self._names.now, read)
        return OfAttribute(attribute.key, test), raw

    def _opt_in(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        if raw["opt_in"] not in OPT_IN_STATES:
            raise Wrong("opt_in", _ONE_OF.fill(values=", ".join(OPT_IN_STATES)))
        return OptIn(raw["opt_in"]), raw

    def _active(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        if not isinstance(raw["active"], bool):
            raise Wrong("active", _BOOL)
        return Active(raw["active"]), raw

    def _history(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        return facts.read_history(self._names, raw), raw

    def _activity(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        return facts.read_activity(self._names, raw), raw

    def _mail(self, raw: Any, _place: str, _depth: int) -> tuple[Node, Any]:
        return facts.read_mail(self._names, raw), raw

    def _selection(self, raw: Any, _place: str, depth: int) -> tuple[Node, Any]:
        saved = self._names.selection(raw["selection"])
        if saved.id in self._within:
            raise Wrong("selection", _CIRCLE)
        inner = Reader(self._names.inside(), within=self._within | {saved.id}, size=self._size)
        node, _ = inner.read(saved.filter, depth=depth + 1)
        # What is gone there is true of nobody, and shown with it. What makes the whole impossible is not.
        for text in (text for texts in inner.errors.values() for text in texts):
            if text in _IMPOSSIBLE:
                raise Wrong("selection", text)
        return node, {"selection": str(saved.id)}


_IMPOSSIBLE = (
    _CIRCLE,
    _TOO_DEEP.fill(most=DEEPEST),
    _TOO_MANY.fill(most=MOST_CONDITIONS),
    _TOO_MANY_LOOKUPS.fill(most=MOST_LOOKUPS),
    _TOO_MANY_VALUES.fill(most=MOST_VALUES),
)
_LOOKUPS = frozenset(("group", "attribute", "history", "activity", "mail"))
Read = Callable[[Reader, Any, str, int], tuple[Node, Any]]
_COMPARISON = {"op", "value", "within_days"}
_KINDS: Mapping[str, tuple[Read, set[str]]] = {
    "all": (Reader._all, {"all"}),
    "any": (Reader._any, {"any"}),
    "not": (Reader._not, {"not"}),
    "group": (Reader._group, {"group", "include_subgroups", "since", "until"}),
    "field": (Reader._field, {"field", *_COMPARISON}),
    "attribute": (Reader._attribute, {"attribute", *_COMPARISON}),
    "opt_in": (Reader._opt_in, {"opt_in"}),
    "active": (Reader._active, {"active"}),
    "history": (Reader._history, {"history", "count"}),
    "activity": (Reader._activity, {"activity", "count"}),
    "mail": (Reader._mail, {"mail", "count"}),
    "selection": (Reader._selection, {"selection"}),
}
