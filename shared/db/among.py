"""Asking for thousands of ids, numbers or texts in one statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Boolean, Integer, String, Text, Uuid, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType


def uuid_array(ids: Iterable[UUID]) -> str:
    """Return the ids as PostgreSQL reads an array: the driver's own way takes ten times as long."""
    return "{" + ",".join([f"{id_.int:032x}" for id_ in ids]) + "}"


class _Values(UserDefinedType[Collection[Any]]):
    """Values as one text that the database takes apart again.

    Without a type of SQLAlchemy's own it reaches PostgreSQL untyped, so that the cast makes it an array
    before planning: a condition on an array that comes from an expression is checked element by element.
    """

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        written = _array if dialect.name == "postgresql" else _json_array
        return lambda values: values if isinstance(values, str) else written(values)


def _array(values: Collection[Any]) -> str:
    first = next(iter(values), None)
    if isinstance(first, UUID):
        return uuid_array(values)
    if isinstance(first, str):
        return "{" + ",".join([f'"{_escaped(text)}"' for text in values]) + "}"
    return "{" + ",".join(map(str, values)) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _json_array(values: Collection[Any]) -> str:
    if isinstance(next(iter(values), None), UUID):
        return "[" + ",".join([f'"{id_.int:032x}"' for id_ in values]) + "]"
    return json.dumps(list(values))


class among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function that it is
    """`column IN values` for a column of ids, whole numbers or texts.

    IN with a parameter for each value takes longer to put together than to answer. Of ids, `values` may also
    be the text that the database has `gathered`.
    """

    name = "among"
    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, values: Collection[Any] | str | BindParameter[Any]) -> None:
        if not isinstance(values, BindParameter):
            values = bindparam(None, values, type_=_Values(), unique=True)
        super().__init__(column, values)


def ids_given(name: str) -> BindParameter[Any]:
    """Return a parameter of that name for `among`, in a statement that is put together once."""
    return bindparam(name, type_=_Values())


_ARRAYS: dict[Any, str] = {Uuid: "uuid[]", Integer: "bigint[]", String: "text[]"}


@compiles(among)
def _on_sqlite(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(among, "postgresql")
def _on_postgresql(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    kind = _ARRAYS[next(iter(element.clauses)).type._type_affinity]
    return f"{column} = ANY (CAST({values} AS {kind}))"


class gathered(FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it is
    """The ids of all rows as one text for `among`: they come and go without being looked at."""

    name = "gathered"
    inherit_cache = True
    type = Text()


@compiles(gathered)
def _gathered_on_sqlite(element: gathered, compiler: Any, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(gathered, "postgresql")
def _gathered_on_postgresql(element: gathered, compiler: Any, **options: Any) -> str:
    return f"CAST(array_agg({compiler.process(element.clauses, **options)}) AS text)"
