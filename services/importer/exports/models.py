"""Exports and their files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.importer.base import Base
from services.importer.exports.errors import ExportFileGone, NotReady, Over
from shared.db import new_id, utcnow
from shared.errors import Text


class ExportState(StrEnum):
    waiting = "waiting"
    running = "running"
    finished = "finished"
    failed = "failed"
    cancelled = "cancelled"

    @property
    def text(self) -> Text:
        return _STATES[self]


_STATES = {
    ExportState.waiting: Text("waiting", de="wartet"),
    ExportState.running: Text("running", de="unterwegs"),
    ExportState.finished: Text("finished", de="fertig"),
    ExportState.failed: Text("failed", de="gescheitert"),
    ExportState.cancelled: Text("cancelled", de="abgebrochen"),
}

UNDER_WAY = (ExportState.waiting, ExportState.running)


class Export(Base):
    """One file on its way out: of everybody (`active`: true, false or all), a filter, or a saved selection.

    `columns` are targets as imports know them; none: all that there are. An export that is taken up again
    starts from its beginning: a file half of yesterday and half of today would be of no moment.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_created_at", "created_at", "id"),
        Index("ix_exports_state", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default=ExportState.waiting)
    format: Mapped[str]
    dialect: Mapped[str]
    filter: Mapped[dict[str, Any] | None]
    selection_id: Mapped[UUID | None]
    active: Mapped[str]
    columns: Mapped[list[str]]
    sort: Mapped[str]
    language: Mapped[str]
    rows_total: Mapped[int | None] = mapped_column(default=None)
    rows_done: Mapped[int] = mapped_column(default=0)
    filename: Mapped[str]
    size: Mapped[int | None] = mapped_column(default=None)
    failure: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by: Mapped[str]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[UUID | None] = mapped_column(default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    file_deleted_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def selects(self) -> bool:
        """True if only the groups service knows whom it means, or their order."""
        chosen = self.filter is not None or self.selection_id is not None
        return chosen or self.sort.removeprefix("-") == "group"

    def expect_file(self) -> None:
        """Raises NotReady or ExportFileGone."""
        if self.state != ExportState.finished:
            raise NotReady(state=ExportState(self.state).text)
        if self.file_deleted_at is not None:
            raise ExportFileGone(filename=self.filename)

    def cancel(self, now: datetime) -> None:
        """Ask the worker to stop; at once if nobody has begun. Raises Over."""
        if self.state not in UNDER_WAY:
            raise Over(state=ExportState(self.state).text)
        self.version += 1
        if self.state == ExportState.running:
            self.cancel_requested = True
        else:
            self.state, self.finished_at = ExportState.cancelled, now


class ExportPart(Base):
    """A piece of an export's file: in the database, so that any machine can hand it out."""

    __tablename__ = "export_parts"

    export_id: Mapped[UUID] = mapped_column(
        ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)
