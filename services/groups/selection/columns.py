"""The values in a customer's row, or about one, as the comparisons of a filter see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Numeric,
    String,
    and_,
    case,
    collate,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB

from services.groups.selection.tree import Test
from shared.values import search_forms, search_term, sort_key

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column == value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
}
DAYS_IN_A_ROW = 100
"""SQLite takes an OR of a thousand conditions for one that is a thousand deep, and refuses it."""
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


class Column:
    """A value that is compared as it is. Conditions may be NULL where there is no value."""

    def __init__(self, value: Any, *, postgresql: bool) -> None:
        self.value, self.postgresql = value, postgresql

    def empty(self) -> Any:
        return self.value.is_(None)

    def compared(self, test: Test) -> Any:
        return _compared(self.value, test.op, [self.written(value) for value in test.values])

    def written(self, value: Any) -> Any:
        """Return the value as the column has it."""
        return plain_number(value) if isinstance(value, Decimal) else value


class Moment(Column):
    """A moment, compared by days."""

    def compared(self, test: Test) -> Any:
        days = [_on_day(self.value, test.op, *span) for span in test.values]
        if len(days) <= DAYS_IN_A_ROW:
            return or_(*days)
        firsts = range(0, len(days), DAYS_IN_A_ROW)
        groups = (or_(*days[first : first + DAYS_IN_A_ROW]) for first in firsts)
        return or_(*(case((group, true()), else_=false()) for group in groups))


class Day(Column):
    """A date."""

    def compared(self, test: Test) -> Any:
        if test.op == "anniversary":
            return _between(self.of_year(), *test.values)
        return super().compared(test)

    def of_year(self) -> Any:
        """Month and day as "MM-DD"."""
        if self.postgresql:
            return func.to_char(self.value, "MM-DD")
        return func.strftime("%m-%d", self.value)


class WrittenDay(Day):
    """A date in ISO's way of writing, in a document."""

    def of_year(self) -> Any:
        return func.substr(self.value, 6, 5)

    def written(self, value: Any) -> str:
        return str(value.isoformat())


class Line(Column):
    """A text, compared by its sort key."""

    def __init__(self, value: Any, key: Any, *, postgresql: bool) -> None:
        super().__init__(value, postgresql=postgresql)
        self._key = key

    def compared(self, test: Test) -> Any:
        if test.op == "contains":
            return _contains(self._key, test.values[0])
        if test.op == "starts_with":
            return _coarse(self._key).startswith(search_term(test.values[0]), autoescape=True)
        key = collate(self._key, "C") if self.postgresql else self._key
        return _compared(key, test.op, [sort_key(value) for value in test.values])


class Choice(Line):
    """A text out of a list: whether it is that one is clear without folding it."""

    def compared(self, test: Test) -> Any:
        if test.op in ("eq", "in"):
            return self.value.in_(test.values)
        return super().compared(test)


class Number(Column):
    """A number in a document, where some are texts; what is none is no value."""

    def __init__(self, value: Any, *, postgresql: bool) -> None:
        number = sql_cast(value, Numeric(asdecimal=False))
        super().__init__(
            case((value.regexp_match(_NUMBER), number)) if postgresql else number,
            postgresql=postgresql,
        )

    def written(self, value: Decimal) -> Any:
        # SQLite counts in floating point; PostgreSQL exactly.
        return value if self.postgresql else plain_number(value)


class YesNo(Column):
    """True or false in a document, of which PostgreSQL tells words and SQLite numbers."""

    def written(self, value: bool) -> Any:
        return ("true" if value else "false") if self.postgresql else int(value)


class Words(Column):
    """A list of words, compared with what it holds."""

    def empty(self) -> Any:
        if self.postgresql:
            return func.jsonb_array_length(sql_cast(self.value, JSONB)) == 0
        return func.json_array_length(self.value) == 0

    def compared(self, test: Test) -> Any:
        return or_(*(self._holds(word) for word in dict.fromkeys(test.values)))

    def _holds(self, word: str) -> Any:
        if self.postgresql:
            return sql_cast(self.value, JSONB).op("?")(word)
        each = func.json_each(self.value).table_valued("value")
        return exists(select(literal(1)).select_from(each).where(each.c.value == word))


def of_document(value: Any, key: Any, kind: str, *, postgresql: bool) -> Column:
    """Return a document's value, given as the database's text of it, with the sort key kept of it."""
    if kind in ("text", "choice"):
        return (Line if kind == "text" else Choice)(value, key, postgresql=postgresql)
    kinds = {"number": Number, "yes_no": YesNo, "date": WrittenDay}
    return kinds[kind](value, postgresql=postgresql)


def plain_number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _compared(column: Any, op: str, values: list[Any]) -> Any:
    return column.in_(values) if op == "in" else COMPARE[op](column, values[0])


def _on_day(column: Any, op: str, first: Any, following: Any) -> Any:
    if op == "lt":
        return column < first
    if op == "lte":
        return column < following
    if op == "gt":
        return column >= following
    return column >= first if op == "gte" else and_(column >= first, column < following)


def _between(of_year: Any, first: str, last: str) -> Any:
    if first <= last:
        return of_year.between(first, last)
    return or_(of_year >= first, of_year <= last)


def _contains(key: Any, part: str) -> Any:
    folded, *otherwise = search_forms(part) or ("",)
    return or_(
        _coarse(key).contains(folded, autoescape=True),
        *(key.contains(form, autoescape=True) for form in otherwise),
    )


def _coarse(key: Any) -> Any:
    """The key as `search_term` has it: ae, oe and ue are one letter, however they were written."""
    for letters, one in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        key = func.replace(key, letters, one, type_=String())
    return key
