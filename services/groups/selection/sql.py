"""A filter as one statement of SQL, on both databases.

What is negated is negated down to its single comparisons: PostgreSQL answers NOT EXISTS by a join, but
whatever stands behind a NOT one customer at a time. A comparison with NULL is neither true nor false in SQL;
negated, it is asked whether it IS NOT true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from services.groups.models import AttributeValues, Contact
from services.groups.selection import columns, rows
from services.groups.selection.comparing import FIELDS
from services.groups.selection.tree import (
    Active,
    Activity,
    All,
    Count,
    History,
    InGroup,
    Mail,
    Nobody,
    Node,
    Not,
    OfAttribute,
    OfField,
    Op,
    OptIn,
    Some,
    Test,
    nodes,
    speaks_of_active,
)

MANY_JOINS = 8
_IN_ORDER = (("join_collapse_limit", "1"), ("from_collapse_limit", "1"), ("enable_nestloop", "off"))
_OF_OTHER_TABLES = (InGroup, OfAttribute, History, Activity, Mail)
_OPPOSITE: Mapping[Op, Op] = {"ne": "eq", "empty": "not_empty"}


def select_customers(session: Session, node: Node) -> Select[Any]:
    """Select the ids of whom the filter means: the active ones unless it speaks of `active`.

    Who was merged or erased, or is not known yet, is never among them.
    """
    compiler = Compiler(session)
    conditions: list[Any] = [
        Contact.version > 0,
        Contact.erased_at.is_(None),
        Contact.merged_into.is_(None),
        compiler.condition(node, Contact),
    ]
    if not speaks_of_active(node):
        conditions.append(Contact.active)
    compiler.prepare()
    return select(Contact.customer_id).where(*conditions)


class Compiler:
    """Makes conditions on a customer's row. Knows the database's dialect, and whether anybody is merged."""

    def __init__(self, session: Session) -> None:
        self._session, self._joins = session, 0
        self._postgresql = session.get_bind().dialect.name == "postgresql"
        merged = exists().where(Contact.merged_into.is_not(None))
        self._survivors = rows.survivors() if session.scalar(select(merged)) else None

    def prepare(self) -> None:
        """Have this transaction's statements planned for what was put together.

        PostgreSQL would weigh the orders of many joins for minutes. And it takes each set of customers for
        half of them: of many it expects nobody in the end, and compares every customer with every other.
        """
        if self._postgresql and self._joins > MANY_JOINS:
            self._session.execute(
                select(*(func.set_config(*setting, True) for setting in _IN_ORDER))
            )

    def condition(self, node: Node, contact: Any, wanted: bool = True) -> Any:
        """Return the condition that the filter is true of the customer; that it is not, unless `wanted`."""
        self._joins += isinstance(node, _OF_OTHER_TABLES)
        match node:
            case All(parts) | Some(parts):
                return self._of_parts(parts, contact, wanted, every=isinstance(node, All) is wanted)
            case Not(part):
                return self.condition(part, contact, not wanted)
            case Nobody() | Active() | OptIn() | OfField():
                return self._of_the_row(node, contact, wanted)
            case OfAttribute(key, test):
                return self._of_attribute(contact, key, test, wanted)
            case InGroup():
                return _has(contact, rows.memberships(node), wanted)
        return self._counted(node, contact, wanted)

    def _of_parts(self, parts: Sequence[Node], contact: Any, wanted: bool, *, every: bool) -> Any:
        """All of the parts are true, or at least one.

        What asks other tables is put together as a set of customers first: inside an OR, PostgreSQL would
        look into them for one customer after the other.
        """
        if every:
            return and_(true(), *(self.condition(part, contact, wanted) for part in parts))
        plain = [part for part in parts if _is_of_the_row(part)]
        others = [part for part in parts if not _is_of_the_row(part)]
        if not others:
            return or_(false(), *(self.condition(part, contact, wanted) for part in plain))
        if len(parts) == 1:
            return self.condition(others[0], contact, wanted)
        self._joins += 1
        sets = [[one] for one in others] + ([plain] if plain else [])
        return contact.customer_id.in_(union_all(*(self._set(some, wanted) for some in sets)))

    def _set(self, parts: Sequence[Node], wanted: bool) -> Select[Any]:
        contact = aliased(Contact)
        true_of = [self.condition(part, contact, wanted) for part in parts]
        return select(contact.customer_id).where(or_(*true_of))

    def _of_the_row(self, node: Node, contact: Any, wanted: bool) -> Any:
        match node:
            case Active(active):
                return contact.active if active is wanted else ~contact.active
            case OptIn(state):
                return contact.opt_in == state if wanted else contact.opt_in != state
            case OfField(field, test):
                return self._test(test, self._field(contact, field), wanted)
        return false() if wanted else true()

    def _field(self, contact: Any, field: str) -> columns.Column:
        value, kind = getattr(contact, field), FIELDS[field]
        if kind == "text":
            return self._line(value, contact.folded[field])
        kinds = {
            "date": columns.Day, "moment": columns.Moment, "list": columns.Words,
        }  # fmt: skip
        return kinds.get(kind, columns.Column)(value, postgresql=self._postgresql)

    def _of_attribute(self, contact: Any, key: str, test: Test, wanted: bool) -> Any:
        if test.op in _OPPOSITE:
            opposite = Test(test.kind, _OPPOSITE[test.op], test.values)
            return self._of_attribute(contact, key, opposite, not wanted)
        values = aliased(AttributeValues)
        value, folded = values.document[key].as_string(), values.folded[key].as_string()
        column = columns.of_document(value, folded, test.kind, postgresql=self._postgresql)
        having = select(values.customer_id).where(self._test(test, column, wanted=True))
        return _has(contact, having, wanted)

    def _line(self, value: Any, folded: Any) -> columns.Column:
        """A text whose sort key is kept where it is another one."""
        key = func.coalesce(folded.as_string(), value)
        return columns.Line(value, key, postgresql=self._postgresql)

    def _test(self, test: Test, column: columns.Column, wanted: bool) -> Any:
        """Return the comparison, or its opposite, which is true where there is no value."""
        if test.op in ("empty", "not_empty"):
            empty = column.empty()
            return empty if (test.op == "empty") is wanted else ~empty
        if test.op == "ne":
            return self._test(Test(test.kind, "eq", test.values), column, not wanted)
        compared = column.compared(test)
        return compared if wanted else compared.is_not(true())

    def _counted(self, node: Node, contact: Any, wanted: bool) -> Any:
        assert isinstance(node, History | Activity | Mail)
        if isinstance(node, History):
            found = self._history(node)
        else:
            found = rows.activities(node) if isinstance(node, Activity) else rows.mails(node)
        # Who has none of the rows is found by their opposite.
        opposite = node.count.allows_none()
        return _has(contact, self._so_many(found, node.count, opposite), wanted is not opposite)

    def _history(self, node: History) -> Select[Any]:
        entry = rows.entries()
        conditions = []
        for name, test in node.tests:
            value = getattr(entry, name)
            column = (
                columns.Day(value, postgresql=self._postgresql)
                if name == "date"
                else self._line(value, entry.folded[name])
            )
            conditions.append(self._test(test, column, wanted=True))
        for key, test in node.attributes:
            value = entry.attributes[key].as_string()
            folded = func.coalesce(entry.folded["attributes", key].as_string(), value)
            column = columns.of_document(value, folded, test.kind, postgresql=self._postgresql)
            conditions.append(self._test(test, column, wanted=True))
        return select(entry.customer_id).where(~entry.deleted, *conditions)

    def _so_many(self, found: Select[Any], count: Count, opposite: bool) -> Select[Any]:
        """Select who has so many of the rows found; the rows of merged customers count for the survivor."""
        whose: Any = found.subquery()
        above = self._survivors
        if above is not None:
            merged = select(above.c.survivor_id).where(above.c.customer_id == whose.c.customer_id)
            whose = union_all(select(whose.c.customer_id), merged).subquery()
        customer = whose.c[0].label("customer_id")
        if count == Count():
            return select(customer)
        compared = and_(*(columns.COMPARE[op](func.count(), n) for op, n in count.tests))
        return select(customer).group_by(customer).having(~compared if opposite else compared)


def _is_of_the_row(node: Node) -> bool:
    return not any(isinstance(one, _OF_OTHER_TABLES) for one in nodes(node))


def _has(contact: Any, found: Select[Any], wanted: bool) -> Any:
    """Return whether one of the rows found is about the customer."""
    about = found.subquery()
    condition = exists(select(literal(1)).where(about.c.customer_id == contact.customer_id))
    return condition if wanted else ~condition
