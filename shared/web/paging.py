"""Pages by keyset: the cost of a page does not grow with its depth."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID

import marshmallow as ma
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.errors import Invalid, Text
from shared.fields import Integer, Schema, Str

Key = tuple[ColumnElement[Any] | InstrumentedAttribute[Any], bool]
"""A column, never NULL, and whether it descends. The last key of a page must be unique."""

_BAD_CURSOR = Text(
    "is not a cursor of this list; start without one",
    de="gehört nicht zu dieser Liste; bitte ohne Cursor beginnen",
)


class Page(TypedDict):
    items: list[Any]
    next: str | None
    total: int


class PageArgs(Schema):
    """The query arguments of every list."""

    limit = Integer(load_default=50, validate=ma.validate.Range(1, 500))
    cursor = Str(max=2000, load_default=None)


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a page of `item`s."""
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next": ma.fields.String(allow_none=True, required=True),
            "total": ma.fields.Integer(required=True),
        },
        name=item.__name__.removesuffix("Schema") + "Page",
    )


def paginate(
    session: Session,
    statement: Select[Any],
    *,
    keys: Sequence[Key],
    limit: int,
    cursor: str | None,
    total: int | None = None,
) -> Page:
    """Return one page of the statement's rows (entities, or Rows where it selects several things).

    Pass `total` where it is known more cheaply than by counting. Raises Invalid for a cursor that is not
    from such a list.
    """
    if total is None:
        counted = statement.order_by(None).subquery()
        total = session.scalar(select(func.count()).select_from(counted)) or 0
    width = len(statement.column_descriptions)
    columns = [column for column, _desc in keys]
    paged = statement.add_columns(*columns).order_by(
        *(column.desc() if desc else column.asc() for column, desc in keys)
    )
    if cursor is not None:
        paged = paged.where(_after(keys, _decoded(cursor, columns)))
    rows = session.execute(paged.limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return {
        "items": [row[0] if width == 1 else row for row in rows],
        "next": encode_cursor(rows[-1][width:]) if more else None,
        "total": total,
    }


def carried_total(cursor: str | None) -> tuple[int | None, str | None]:
    """Return the first page's total and the cursor itself, of one that `carrying_total` made.

    So a list is counted once. Raises Invalid for a cursor that is not of such a list.
    """
    if cursor is None:
        return None, None
    total, dot, inner = cursor.partition(".")
    if not dot or not total.isascii() or not total.isdigit() or len(total) > 15:
        raise Invalid(errors={"cursor": [_BAD_CURSOR]})
    return int(total), inner


def carrying_total(page: Page) -> Page:
    """Return the page with a cursor that carries its total."""
    inner = page["next"]
    return {**page, "next": inner and f"{page['total']}.{inner}"}


def _after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    bound = [literal(v, c.type) for (c, _), v in zip(keys, values, strict=True)]
    columns = [column for column, _desc in keys]
    directions = {desc for _column, desc in keys}
    if len(directions) == 1:
        left, right = tuple_(*columns), tuple_(*bound)
        return left < right if directions.pop() else left > right
    alternatives = []
    for i, (column, desc) in enumerate(keys):
        equal = [c == b for c, b in zip(columns[:i], bound[:i], strict=True)]
        alternatives.append(and_(*equal, column < bound[i] if desc else column > bound[i]))
    return or_(*alternatives)


def encode_cursor(values: Sequence[Any]) -> str:
    """Return the values of a row's keys as one opaque word."""
    text = json.dumps([_plain(v) for v in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _decoded(cursor: str, columns: Sequence[Any]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return [_typed(v, c.type.python_type) for v, c in zip(values, columns, strict=True)]
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError):
        raise Invalid(errors={"cursor": [_BAD_CURSOR]}) from None


def _typed(value: Any, kind: Any) -> Any:
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if kind is date:
        return date.fromisoformat(value)
    if type(value) is not kind or (kind is int and abs(value) >= 2**63):
        raise ValueError(value)
    if isinstance(value, str) and ("\0" in value or not value.isprintable()):
        raise ValueError(value)
    return value
