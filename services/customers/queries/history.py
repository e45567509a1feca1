"""Reading history entries, each with its place among the person's entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.customers.models import history_entries, history_settings
from services.customers.queries.people import family_of
from shared.db import among
from shared.web.paging import Page, paginate

_entry = history_entries.c


def history_page(
    session: Session, family: Sequence[UUID], *, limit: int, cursor: str | None
) -> Page:
    """Return a page of the family's entries, newest first, each with its place."""
    placed = _placed(family).subquery()
    page = paginate(
        session,
        select(placed),
        keys=[(placed.c.date, True), (placed.c.id, True)],
        limit=limit,
        cursor=cursor,
        total=0,
    )
    if page["items"]:
        page["total"] = page["items"][0].total
    elif cursor is not None:
        page["total"] = session.scalar(select(func.count()).select_from(placed)) or 0
    return page


def entry_of(session: Session, entry_id: UUID, *, hold: bool = False) -> Any:
    """Return the entry as it is stored, None if there is none."""
    statement = select(history_entries).where(_entry.id == entry_id)
    return session.execute(statement.with_for_update() if hold else statement).first()


def entry_in_place(session: Session, entry_id: UUID) -> Any:
    """Return the entry with its place among the person's entries, None if there is none."""
    stored = entry_of(session, entry_id)
    if stored is None:
        return None
    placed = _placed(family_of(session, stored.customer_id)).subquery()
    return session.execute(select(placed).where(placed.c.id == entry_id)).first()


def _placed(family: Sequence[UUID]) -> Select[Any]:
    """Select the family's entries with position, total and neighbours: all as of one moment."""
    order = (_entry.date.desc(), _entry.id.desc())
    return select(
        history_entries,
        func.row_number().over(order_by=order).label("position"),
        func.count().over().label("total"),
        func.lag(_entry.id, type_=_entry.id.type).over(order_by=order).label("previous_id"),
        func.lead(_entry.id, type_=_entry.id.type).over(order_by=order).label("next_id"),
    ).where(among(_entry.customer_id, family))


def settings_of_history(session: Session) -> Any:
    """Return what may be chosen as info and action, with its version."""
    return session.execute(select(history_settings)).one()
