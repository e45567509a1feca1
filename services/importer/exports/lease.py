"""Writing down how far an export is, by the worker that has it in hand."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.importer.exports.models import Export, ExportPart, ExportState
from services.importer.exports.parts import Parts
from services.importer.work import leasing
from services.importer.work.leasing import LEASE
from shared.db import utcnow
from shared.errors import Text
from shared.events.importer import ExportFinished
from shared.outbox import publish


def claim(session: Session, owner: UUID) -> Export | None:
    """Take the export that waits longest, or whose worker is gone, and clear what that one has written."""
    to_do = Export.state.in_((ExportState.waiting, ExportState.running))
    found = leasing.claim(session, Export, to_do, owner, oldest_by=Export.created_at)
    if found is not None:
        session.execute(delete(ExportPart).where(ExportPart.export_id == found.id))
        found.state = ExportState.running
        found.started_at = utcnow()
        found.rows_done = 0
    return found


def save(session: Session, export_id: UUID, owner: UUID, **values: object) -> bool:
    """Write down what is done, and that the worker lives. Returns whether the export is to be cancelled."""
    return _mine(session, export_id, owner, lease_until=utcnow() + LEASE, **values)


def release(session: Session, export_id: UUID, owner: UUID) -> None:
    """Give the export back, for instance because this process ends."""
    _mine(session, export_id, owner, state=ExportState.waiting, lease_owner=None, lease_until=None)


def finish(session: Session, export_id: UUID, owner: UUID, parts: Parts, rows: int) -> None:
    parts.save(session, last=True)
    _end(session, export_id, owner, ExportState.finished, rows_done=rows, size=parts.size)
    publish(session, ExportFinished(export_id=export_id, occurred_at=utcnow(), rows=rows))


def cancel(session: Session, export_id: UUID, owner: UUID) -> None:
    _end(session, export_id, owner, ExportState.cancelled)
    session.execute(delete(ExportPart).where(ExportPart.export_id == export_id))


def fail(session: Session, export_id: UUID, owner: UUID, reason: Text) -> None:
    failure = {"en": str(reason), "de": reason.de}
    _end(session, export_id, owner, ExportState.failed, failure=failure)
    session.execute(delete(ExportPart).where(ExportPart.export_id == export_id))


def _end(session: Session, export_id: UUID, owner: UUID, state: str, **values: object) -> None:
    _mine(
        session,
        export_id,
        owner,
        **values,
        state=state,
        finished_at=utcnow(),
        version=Export.version + 1,
        lease_owner=None,
        lease_until=None,
    )


def _mine(session: Session, export_id: UUID, owner: UUID, **values: object) -> bool:
    return leasing.write_as_owner(session, Export, export_id, owner, ExportState.running, **values)
