"""Questions about saved selections, and what relies on them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.groups.errors import SelectionNotFound
from services.groups.models import Contact, Selection, SelectionReference, SelectionUse
from shared.web.paging import Page, carried_total, carrying_total, paginate

FEW = 10_000

# Whoever is selected is known: number and moment are there.
SORTS: dict[str, Any] = {
    "name": Contact.name_sort,
    "number": Contact.number,
    "registered_at": Contact.registered_at,
}


class Use(NamedTuple):
    """What relies on a selection, in words for people: `kind` selection, or as it was reported."""

    kind: str
    id: str
    name: str


def selection_or_none(session: Session, selection_id: UUID) -> Selection | None:
    return session.get(Selection, selection_id)


def selection(session: Session, selection_id: UUID) -> Selection:
    """Return one saved selection. Raises SelectionNotFound."""
    found = session.get(Selection, selection_id)
    if found is None:
        raise SelectionNotFound(selection_id=selection_id)
    return found


def selection_called(session: Session, name_key: str) -> Selection | None:
    return session.scalar(select(Selection).where(Selection.name_key == name_key))


def selected(
    session: Session, whom: Select[Any], *, sort: str, limit: int, cursor: str | None
) -> Page:
    """Return a page of the customers whom a selection means. They are counted for the first page only."""
    total, inner = carried_total(cursor)
    if total is None:
        total = session.scalar(select(func.count()).select_from(whom.subquery())) or 0
    if total <= FEW:
        # All are found before they are sorted: to look for few along the order of a million takes long.
        hits = whom.cte("hits").prefix_with("MATERIALIZED")
        statement = select(Contact).where(Contact.customer_id.in_(select(hits.c.customer_id)))
    else:
        statement = whom.with_only_columns(Contact, maintain_column_froms=True)
    descending = sort.startswith("-")
    keys = [(SORTS[sort.removeprefix("-")], descending), (Contact.customer_id, descending)]
    page = paginate(session, statement, keys=keys, limit=limit, cursor=inner, total=total)
    return carrying_total(page)


def list_selections(session: Session, *, limit: int, cursor: str | None) -> Page:
    """Return a page of saved selections by name."""
    keys = [(Selection.name_key, False), (Selection.id, False)]
    return paginate(session, select(Selection), keys=keys, limit=limit, cursor=cursor)


def selections_naming(session: Session, kind: str, targets: Collection[str]) -> list[Selection]:
    """Return the saved selections whose filters name one of these, by name."""
    naming = select(SelectionReference.selection_id).where(
        SelectionReference.kind == kind, SelectionReference.target.in_(targets)
    )
    return list(
        session.scalars(
            select(Selection).where(Selection.id.in_(naming)).order_by(Selection.name_key)
        )
    )


def uses_of_selection(session: Session, selection_id: UUID) -> list[Use]:
    """Return what relies on the selection: other selections, and what has been reported."""
    others = selections_naming(session, "selection", [str(selection_id)])
    reported = session.scalars(
        select(SelectionUse)
        .where(SelectionUse.selection_id == selection_id)
        .order_by(SelectionUse.kind, SelectionUse.name, SelectionUse.user_id)
    )
    return [
        *(Use("selection", str(one.id), one.name) for one in others),
        *(Use(use.kind, use.user_id, use.name) for use in reported),
    ]
