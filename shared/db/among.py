"""Asking for thousands of ids in one statement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Boolean, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType


def uuid_array(ids: Iterable[UUID]) -> str:
    """Return the ids as PostgreSQL reads an array: the driver's own way takes ten times as long."""
    return "{" + ",".join([f"{id_.int:032x}" for id_ in ids]) + "}"


class _Ids(UserDefinedType[Collection[UUID]]):
    """Ids as one text that the database takes apart again.

    Without a type of SQLAlchemy's own it reaches PostgreSQL untyped, so that the cast makes it an array
    before planning: a condition on an array that comes from an expression is checked element by element.
    """

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        written = uuid_array if dialect.name == "postgresql" else _json_array
        return lambda ids: ids if isinstance(ids, str) else written(ids)


def _json_array(ids: Iterable[UUID]) -> str:
    return "[" + ",".join([f'"{id_.int:032x}"' for id_ in ids]) + "]"


class among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function that it is
    """`column IN ids` for a UUID column.

    IN with a parameter for each id takes longer to put together than to answer. `ids` may also be the text
    that the database has `gathered`.
    """

    name = "among"
    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, ids: Collection[UUID] | str | BindParameter[Any]) -> None:
        if not isinstance(ids, BindParameter):
            ids = bindparam(None, ids, type_=_Ids(), unique=True)
        super().__init__(column, ids)


def ids_given(name: str) -> BindParameter[Any]:
    """Return a parameter of that name for `among`, in a statement that is put together once."""
    return bindparam(name, type_=_Ids())


@compiles(among)
def _on_sqlite(element: among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


@compiles(among, "postgresql")
def _on_postgresql(element: among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (CAST({ids} AS uuid[]))"


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
