"""Whom somebody means: filters over everything this service knows of customers, as one statement of SQL.

`reading` takes a filter apart and names the place of what is wrong, `tree` is what it says, and `sql` asks
the database. A wrong filter is refused when it is asked or saved; a group that has gone since is one that
nobody is in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.selection.names import Names, Reference
from services.groups.selection.reading import Reader
from services.groups.selection.sql import select_customers
from services.groups.selection.tree import All
from shared.errors import Invalid, Text

Problems = dict[str, list[Text]]


def whom(session: Session, asked: Any, *, now: datetime) -> Select[Any]:
    """Select the ids of whom a filter means; None asks for every active customer.

    `now` is in the business's zone: days and relative dates are meant there. Raises Invalid with the place
    of everything that is wrong.
    """
    if asked is None:
        return select_customers(session, All(()))
    reader = Reader(Names(session, now))
    node, _ = reader.read(asked)
    if reader.errors:
        raise Invalid(errors=reader.errors)
    return select_customers(session, node)


def of_saved(session: Session, selection_id: UUID, *, now: datetime) -> Select[Any]:
    """Select the ids of whom a saved selection means. Raises SelectionNotFound."""
    saved = queries.selection(session, selection_id)
    reader = Reader(Names(session, now), within=frozenset((selection_id,)))
    return select_customers(session, reader.read(saved.filter)[0])


def settled(
    session: Session, asked: Any, *, now: datetime, selection_id: UUID
) -> tuple[dict[str, Any], set[Reference]]:
    """Return the filter as the selection of this id keeps it, and what it names. Raises Invalid."""
    names = Names(session, now)
    reader = Reader(names, within=frozenset((selection_id,)))
    _, kept = reader.read(asked)
    if reader.errors:
        raise Invalid(errors=reader.errors)
    return kept, names.references


def problems(session: Session, selection_id: UUID, asked: Any, *, now: datetime) -> Problems:
    """Return what is wrong by now with a filter that was right when it was saved, by place."""
    reader = Reader(Names(session, now), within=frozenset((selection_id,)))
    reader.read(asked)
    return reader.errors
