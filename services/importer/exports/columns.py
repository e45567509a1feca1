"""What can be in an export: our own columns in their order, and each attribute under its label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from services.importer.exports.errors import ColumnUnknown
from services.importer.mapping import KNOWN_AT, OWN, OWN_LAST, Attribute
from services.importer.mapping.guess import headings_of
from services.importer.mapping.headings import heading_key

Kind = Literal[
    "text", "whole", "flag", "moment", "day", "yes_no", "decimal", "groups", "stand"
]  # fmt: skip

_KINDS: dict[str, Kind] = {
    "number": "whole",
    "version": "whole",
    "active": "flag",
    "registered_at": "moment",
    "opt_in_confirmed_at": "moment",
    "birthday": "day",
    "groups": "groups",
    "known_at": "stand",
}
_ATTRIBUTE_KINDS: dict[str, Kind] = {
    "integer": "whole",
    "decimal": "decimal",
    "yes_no": "yes_no",
    "date": "day",
}


class Column(NamedTuple):
    """A column of the file. `target` is where an import would take it."""

    heading: str
    target: str
    kind: Kind


def all_columns(attributes: Sequence[Attribute]) -> list[Column]:
    """Return everything that an export can have, in its order."""
    own = [Column(heading, target, _KINDS.get(target, "text")) for heading, target in OWN.items()]
    last = (OWN_LAST | {KNOWN_AT: "known_at"}).items()
    return [
        *own,
        *(
            Column(heading, attribute.target, _ATTRIBUTE_KINDS.get(attribute.type, "text"))
            for attribute, heading in zip(attributes, headings_of(attributes), strict=True)
        ),
        *(Column(heading, target, _KINDS.get(target, "text")) for heading, target in last),
    ]


def chosen_columns(possible: Sequence[Column], wanted: Iterable[str]) -> list[Column]:
    """Return the columns wanted, by target or heading; all if none is. Raises ColumnUnknown."""
    named = {heading_key(column.heading): column for column in reversed(possible)}
    named |= {column.heading: column for column in reversed(possible)}
    named |= {column.target: column for column in possible}
    found: dict[str, Column] = {}
    for name in wanted:
        column = named.get(name) or named.get(heading_key(name))
        if column is None:
            known = ", ".join(column.target for column in possible)
            raise ColumnUnknown(column=name, columns=known)
        found[column.target] = column
    return list(found.values()) or list(possible)
