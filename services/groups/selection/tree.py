"""What a filter says, once it is read: conditions, each true or false of every customer.

There is no third answer: a comparison with a value that a customer lacks is false, so its opposite (`ne`,
`not`) is true of them.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Op = Literal[
    "eq", "ne", "lt", "lte", "gt", "gte", "contains", "starts_with", "in", "empty", "not_empty",
    "anniversary",
]  # fmt: skip
Kind = Literal["text", "choice", "number", "date", "moment", "yes_no", "list"]


@dataclass(frozen=True)
class Test:
    """A comparison with `values`, one except for `in` (several), `empty` and `not_empty` (none).

    Of `anniversary` the values are the first and the last day, as "MM-DD"; the last may be before the first,
    over the turn of the year. Moments are compared by days, each given as its first moment and the next
    day's.
    """

    kind: Kind
    op: Op
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Some:
    """At least one of the parts is true."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class InGroup:
    """The customer is in one of the groups, since a moment from `since` on and before `before`."""

    group_ids: frozenset[UUID]
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class OfField:
    field: str
    test: Test


@dataclass(frozen=True)
class OfAttribute:
    key: str
    test: Test


@dataclass(frozen=True)
class OptIn:
    state: str


@dataclass(frozen=True)
class Active:
    active: bool


_OF_NONE = {
    "eq": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """How many there have to be: all comparisons hold."""

    tests: tuple[tuple[Op, int], ...] = (("gte", 1),)

    def allows_none(self) -> bool:
        return all(_OF_NONE[op](0, number) for op, number in self.tests)


@dataclass(frozen=True)
class History:
    """History entries of the customer that pass every test: of a column, or of an attribute by key."""

    tests: tuple[tuple[str, Test], ...]
    attributes: tuple[tuple[str, Test], ...]
    count: Count


@dataclass(frozen=True)
class Activity:
    """Activities from `since` on and before `before`; `revenue` compares an amount in major units."""

    kind: str | None
    source: str | None
    since: datetime | None
    before: datetime | None
    revenue: tuple[tuple[Op, Decimal], ...]
    currency: str | None
    count: Count


@dataclass(frozen=True)
class Mail:
    """Mails that came to `state` from `since` on and before `before`; state None: that were sent."""

    sequence_id: UUID | None
    mailing_id: UUID | None
    state: str | None
    since: datetime | None
    before: datetime | None
    count: Count


@dataclass(frozen=True)
class Nobody:
    """Stands for what is gone, such as a deleted group: true of nobody."""


Node = (
    All | Some | Not | InGroup | OfField | OfAttribute | OptIn | Active | History | Activity | Mail | Nobody
)  # fmt: skip


def nodes(node: Node) -> Iterator[Node]:
    """Give the node and all within it."""
    yield node
    if isinstance(node, All | Some):
        for part in node.parts:
            yield from nodes(part)
    elif isinstance(node, Not):
        yield from nodes(node.part)


def tests_of(node: Node) -> list[Test]:
    """Return the comparisons that the node itself makes, without those of nodes within it."""
    if isinstance(node, OfField | OfAttribute):
        return [node.test]
    if isinstance(node, History):
        return [test for _, test in (*node.tests, *node.attributes)]
    return []


def speaks_of_active(node: Node) -> bool:
    return any(isinstance(one, Active) for one in nodes(node))
