"""Deleting what is old, some thousand rows at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, delete, select
from sqlalchemy.orm import Session

AT_ONCE = 5_000


def delete_oldest(session: Session, moment: Column[datetime], before: datetime) -> int:
    """Delete the oldest rows of the table of the column `moment`, of those before that moment.

    Returns how many: about AT_ONCE, and more if they are all of one moment. The column has an index.
    """
    oldest = select(moment).where(moment < before).order_by(moment)
    upto = session.scalars(oldest.offset(AT_ONCE).limit(1)).first() or before
    deleted = session.execute(delete(moment.table).where(moment < before, moment <= upto))
    return int(deleted.rowcount)  # type: ignore[attr-defined]
