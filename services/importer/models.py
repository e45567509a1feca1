"""Imports, their files, and what was wrong in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.importer.base import Base
from services.importer.errors import FileGone, GoesOnElsewhere, UndoBegun, UndoTooLate, WrongState
from services.importer.exports import models as _exports  # noqa: F401 - all tables are known by here
from services.importer.options import Options, read_options
from shared.db import new_id, utcnow
from shared.errors import PreconditionFailed, Text


class State(StrEnum):
    """Where an import stands. `uploaded` waits for somebody to say what the columns are."""

    uploaded = "uploaded"
    ready = "ready"
    running = "running"
    finished = "finished"
    failed = "failed"
    cancelled = "cancelled"
    undoing = "undoing"
    undone = "undone"

    @property
    def text(self) -> Text:
        return _STATES[self]


_STATES = {
    State.uploaded: Text("uploaded", de="hochgeladen"),
    State.ready: Text("ready", de="bereit"),
    State.running: Text("running", de="unterwegs"),
    State.finished: Text("finished", de="fertig"),
    State.failed: Text("failed", de="gescheitert"),
    State.cancelled: Text("cancelled", de="abgebrochen"),
    State.undoing: Text("being undone", de="wird rückgängig gemacht"),
    State.undone: Text("undone", de="rückgängig gemacht"),
}

STARTABLE = (State.ready, State.failed, State.cancelled)
"""A failed or cancelled import goes on where it stopped."""

ENDED = (State.finished, State.failed, State.cancelled)


class Import(Base):
    """One file on its way in. Its counts are rows of the file."""

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_created_at", "created_at", "id"),
        Index("ix_imports_state", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    language: Mapped[str]
    """The language of whoever brought the file: reasons from other services come in it."""
    detected: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    profile: Mapped[str]
    mapped_by_hand: Mapped[bool] = mapped_column(default=False)
    """Only what somebody chose is remembered for the next file: a guess can be made again, and better."""
    rows_total: Mapped[int]
    rows_done: Mapped[int] = mapped_column(default=0)
    line_done: Mapped[int] = mapped_column(default=0)
    """Rows up to this line of the file are written; an import that is taken up again starts behind it."""
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    conflicts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by: Mapped[str]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[UUID | None] = mapped_column(default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    file_deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    """The file, and what was shown of its cells, is kept for a while only, and not beyond an erasure."""
    again_id: Mapped[UUID | None] = mapped_column(default=None)
    """The import that brings the refused rows again, corrected."""
    created_groups: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the groups that there were not before, parents before their subgroups."""
    undo_line: Mapped[int] = mapped_column(default=0)
    """Rows up to this line of the file are taken back."""
    undo_removed: Mapped[int] = mapped_column(default=0)
    undo_restored: Mapped[int] = mapped_column(default=0)
    undo_kept: Mapped[int] = mapped_column(default=0)
    """Customers who stay as they are, because somebody has worked with them since."""
    undone_by: Mapped[str | None] = mapped_column(default=None)
    undo_started_at: Mapped[datetime | None] = mapped_column(default=None)
    undone_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def chosen(self) -> Options:
        return read_options(self.options)

    def expect(self, version: int) -> None:
        if self.version != version:
            raise PreconditionFailed

    def expect_state(self, *possible: State) -> None:
        if self.state not in possible:
            raise WrongState(
                state=State(self.state).text,
                possible=Text(
                    ", ".join(possible), de=", ".join(State(one).text.de for one in possible)
                ),
            )

    def expect_file(self) -> None:
        if self.file_deleted_at is not None:
            raise FileGone(filename=self.filename)

    def begin(self, now: datetime) -> None:
        """Hand the import to the workers."""
        self.expect_state(*STARTABLE)
        if self.undo_started_at is not None:
            raise UndoBegun
        if self.again_id is not None:
            raise GoesOnElsewhere(import_id=self.again_id)
        self.expect_file()
        self.state = State.running
        self.started_at = self.started_at or now
        self.finished_at = None
        self.failure = None
        self.cancel_requested = False
        self.version += 1

    def begin_undo(self, by: str, now: datetime, keep: timedelta) -> None:
        """Hand the import to the workers to be taken back. After `keep` nobody knows any more what it did."""
        self.expect_state(*ENDED)
        if self.finished_at is not None and self.finished_at < now - keep:
            raise UndoTooLate(filename=self.filename)
        self.state = State.undoing
        self.undone_by, self.undo_started_at = by, now
        self.failure = None
        self.version += 1

    def cancel(self, now: datetime) -> None:
        """Ask the worker to stop behind the rows it has in hand; at once if nobody has begun."""
        self.expect_state(State.running, State.ready, State.uploaded)
        self.version += 1
        if self.state == State.running and (self.lease_owner is not None or self.rows_done):
            self.cancel_requested = True
        else:
            self.state, self.finished_at = State.cancelled, now


class FilePart(Base):
    """A piece of an uploaded file: in the database, so that any worker on any machine can read it."""

    __tablename__ = "file_parts"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SheetPart(Base):
    """A piece of the rows of a spreadsheet's sheet, written down as text (`readers.sheet`)."""

    __tablename__ = "sheet_parts"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Correction(Base):
    """What somebody wrote over the cells of one row, by column. The file stays as it came."""

    __tablename__ = "corrections"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    cells: Mapped[dict[str, Any]]
    """Empty once every correction is taken back: its version goes on."""
    corrected_at: Mapped[datetime]
    corrected_by: Mapped[str]


class BadRow(Base):
    """A row with a problem, as it stands in the file, for the error file."""

    __tablename__ = "bad_rows"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[str]]


class ProblemRow(Base):
    """One thing that is wrong in a row."""

    __tablename__ = "problems"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str | None]
    value: Mapped[str]
    reason_en: Mapped[str]
    reason_de: Mapped[str]
    refused: Mapped[bool]

    @property
    def reason(self) -> Text:
        return Text(self.reason_en, de=self.reason_de)


class ImportRow(Base):
    """That a row of a file is about a customer who was there before it.

    Customers whom a row created are known by their id, which is made of the import's and the line. There is
    no foreign key: rows are written under the import's lock, and checking each would cost as much again.
    """

    __tablename__ = "import_rows"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[UUID] = mapped_column(index=True)


class ErasedCustomer(Base):
    """A customer of whom nothing may be written down any more."""

    __tablename__ = "erased_customers"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class Profile(Base):
    """What was chosen for files with the same headings the last time one was started."""

    __tablename__ = "profiles"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    mapping: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """None: it is from a time when only the mapping was remembered."""
    updated_at: Mapped[datetime]
