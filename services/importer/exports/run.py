"""Writing exports: any number of workers, each export by one of them at a time."""

from __future__ import annotations

import threading
import time
from typing import ClassVar
from uuid import UUID

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from services.importer.config import Settings
from services.importer.exports import lease
from services.importer.exports.actions import CHANNEL
from services.importer.exports.columns import all_columns, chosen_columns
from services.importer.exports.formats import Look, writer_for
from services.importer.exports.models import Export
from services.importer.exports.parts import Parts
from services.importer.exports.source import BYTES, Pages, Source
from services.importer.work.leasing import LeaseLost
from services.importer.work.loop import Worker
from services.importer.work.waiting import Stopped, patiently
from shared.crashpoints import crashpoint
from shared.db import Database
from shared.errors import Text

SIGN_OF_LIFE_S = 10.0
LOOK_S = 0.25

log = structlog.get_logger(__name__)


class Exports(Worker[Export]):
    """Writes exports."""

    what: ClassVar[str] = "export"
    channel: ClassVar[str] = CHANNEL
    internal: ClassVar[Text] = Text(
        "Something unexpected happened; it was written to the log. Please export again.",
        de="Etwas Unerwartetes ist passiert; es steht im Protokoll. Bitte noch einmal exportieren.",
    )

    def claim(self, session: Session) -> Export | None:
        return lease.claim(session, self._owner)

    def work(self, piece: Export, stop: threading.Event) -> None:
        with Source(
            self._settings, self._transport, name=piece.created_by, language=piece.language
        ) as source:
            Run(self._settings, self._database, piece, source, self._owner, stop).to_end()

    def release(self, session: Session, piece_id: UUID) -> None:
        lease.release(session, piece_id, self._owner)

    def fail(self, session: Session, piece_id: UUID, reason: Text) -> None:
        lease.fail(session, piece_id, self._owner, reason)


class Run:
    """Writes one claimed export, while a thread beside shows that the worker lives."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        export: Export,
        source: Source,
        owner: UUID,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._database = database
        self._export = export
        self._source = source
        self._owner = owner
        self._stop = stop
        # Set when there is nothing more to do here, for whatever reason.
        self._halt = threading.Event()
        self._over = threading.Event()
        self._lost = False
        self._cancelled = export.cancel_requested

    def to_end(self) -> None:
        """Write the file. Raises Stopped, LeaseLost, or what a service refused."""
        life = threading.Thread(target=self._show_life, daemon=True, name="export-life")
        life.start()
        try:
            self._write()
        except Stopped:
            if self._lost:
                raise LeaseLost from None
            if not self._cancelled:
                raise
            with self._database.transaction() as session:
                lease.cancel(session, self._export.id, self._owner)
        finally:
            self._over.set()
            self._halt.set()
            life.join()

    def _write(self) -> None:
        export, halt = self._export, self._halt
        if self._cancelled:
            raise Stopped
        possible = all_columns(patiently(self._source.attributes, halt))
        columns = chosen_columns(possible, export.columns)
        ids: bytes = patiently(lambda: self._source.whom(export), halt)
        total = len(ids) // BYTES
        self._save(None, rows_total=total)
        look = Look(export.format, export.dialect, columns, self._settings.timezone, total)
        writer, parts, done = writer_for(look), Parts(export.id), 0
        crashpoint("importer.export_begun")
        for page in Pages(self._source, ids, writer.needs, halt):
            writer.page(page)
            parts.add(writer.taken())
            done += page.rows
            if parts.ready:
                self._save(parts, rows_done=done)
                crashpoint("importer.export_saved")
        writer.finish()
        parts.add(writer.taken())
        with self._database.transaction() as session:
            lease.finish(session, export.id, self._owner, parts, done)

    def _save(self, parts: Parts | None, **values: object) -> None:
        with self._database.transaction() as session:
            self._note(lease.save(session, self._export.id, self._owner, **values))
            if parts is not None:
                parts.save(session)
        if self._halt.is_set():
            raise Stopped

    def _note(self, cancelled: bool) -> None:
        self._cancelled = self._cancelled or cancelled
        if self._cancelled or self._stop.is_set():
            self._halt.set()

    def _show_life(self) -> None:
        """Beside the writing, and while services are waited for."""
        renew_at = time.monotonic() + SIGN_OF_LIFE_S
        while not self._over.wait(LOOK_S):
            if self._stop.is_set():
                self._halt.set()
            if time.monotonic() < renew_at:
                continue
            renew_at = time.monotonic() + SIGN_OF_LIFE_S
            try:
                with self._database.transaction() as session:
                    self._note(lease.save(session, self._export.id, self._owner))
            except LeaseLost:
                self._lost = True
                self._halt.set()
                return
            except (OperationalError, InterfaceError) as error:
                log.warning("no sign of life", error=type(error).__name__)
