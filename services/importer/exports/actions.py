"""What can be done with exports. Writing the file is the worker's part (`run.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from services.importer.exports.errors import ExportNotFound
from services.importer.exports.models import UNDER_WAY, Export, ExportPart, ExportState
from shared.db import new_id, utcnow, wake

CHANNEL = "exports"
"""Woken when there is an export to write."""

EXPORTS_AT_ONCE = 20

log = structlog.get_logger(__name__)


def order_export(
    session: Session, asked: dict[str, Any], *, zone: tzinfo, by: str, language: str
) -> Export:
    """Note that somebody wants a file; a worker writes it."""
    now = utcnow()
    name = f"Kunden {now.astimezone(zone):%Y-%m-%d %H%M}.{asked['format']}"
    ordered = Export(
        id=new_id(), filename=name, created_at=now, created_by=by, language=language, **asked
    )
    session.add(ordered)
    session.flush()
    wake(session, CHANNEL)
    # Who took the customers out of the house, for the log too: rows are deleted some day.
    log.info("export ordered", export_id=str(ordered.id), by=by, format=ordered.format)
    return ordered


def get_export(session: Session, export_id: UUID) -> Export:
    """Raises ExportNotFound."""
    found = session.get(Export, export_id)
    if found is None:
        raise ExportNotFound(export_id=export_id)
    return found


def cancel_export(session: Session, export_id: UUID) -> Export:
    """Stop an export. There is no file then."""
    found = session.get(Export, export_id, with_for_update=True)
    if found is None:
        raise ExportNotFound(export_id=export_id)
    found.cancel(utcnow())
    return found


def all_exports() -> Select[Any]:
    return select(Export)


NEWEST_FIRST: Sequence[tuple[Any, bool]] = ((Export.created_at, True), (Export.id, True))


def forget_people(session: Session) -> None:
    """Somebody was erased: every file goes, and what is being written begins anew, without them.

    Which file somebody is in is not written down: a list of a million ids for each file would cost more than
    exporting again, and be one more place where people are named.
    """
    session.execute(
        update(Export)
        .where(Export.state == ExportState.running)
        .values(state=ExportState.waiting, lease_owner=None, lease_until=None, rows_done=0)
    )
    session.execute(delete(ExportPart))
    session.execute(
        update(Export)
        .where(Export.state == ExportState.finished, Export.file_deleted_at.is_(None))
        .values(file_deleted_at=utcnow(), version=Export.version + 1)
    )
    wake(session, CHANNEL)


def expire_exports(session: Session, before: datetime) -> int:
    """Delete some files that are older than that. What was exported by whom stays on record."""
    ids = session.scalars(
        select(Export.id)
        .where(
            Export.file_deleted_at.is_(None),
            Export.state.not_in(UNDER_WAY),
            Export.finished_at < before,
        )
        .order_by(Export.created_at)
        .limit(EXPORTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    session.execute(delete(ExportPart).where(ExportPart.export_id.in_(ids)))
    session.execute(
        update(Export)
        .where(Export.id.in_(ids))
        .values(file_deleted_at=utcnow(), version=Export.version + 1)
    )
    return len(ids)
