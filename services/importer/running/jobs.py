"""Running imports: any number of workers, each import by one of them at a time."""

from __future__ import annotations

import threading
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Session

from services.importer.actions import CHANNEL
from services.importer.models import Import
from services.importer.running import lease
from services.importer.running.calls import Services
from services.importer.running.run import Run
from services.importer.running.source import Source
from services.importer.work.loop import Worker
from services.importer.work.waiting import Stopped, patiently
from shared.errors import Text


class Jobs(Worker[Import]):
    """Runs imports."""

    what: ClassVar[str] = "import"
    channel: ClassVar[str] = CHANNEL
    internal: ClassVar[Text] = Text(
        "Something unexpected happened; it was written to the log. Start the import again: it goes on where "
        "it stopped.",
        de="Etwas Unerwartetes ist passiert; es steht im Protokoll. Der Import kann noch einmal gestartet "
        "werden und macht dort weiter, wo er stehen blieb.",
    )

    def claim(self, session: Session) -> Import | None:
        return lease.claim(session, self._owner)

    def work(self, piece: Import, stop: threading.Event) -> None:
        if piece.cancel_requested:
            with self._database.transaction() as session:
                lease.finish(session, piece.id, self._owner, cancelled=True)
            return
        with Services(
            self._settings, self._transport, name=piece.created_by, language=piece.language
        ) as services:
            source = Source(
                self._settings,
                self._database,
                piece,
                services,
                lambda call: patiently(call, stop, lambda: self._show_life(piece)),
            )
            Run(self._database, piece, source, services, self._owner, stop).to_end()

    def release(self, session: Session, piece_id: UUID) -> None:
        lease.release(session, piece_id, self._owner)

    def fail(self, session: Session, piece_id: UUID, reason: Text) -> None:
        lease.fail(session, piece_id, self._owner, reason)

    def _show_life(self, piece: Import) -> None:
        """While waiting. Raises Stopped if the import is not wanted any more."""
        with self._database.transaction() as session:
            cancelled = lease.renew(session, piece.id, self._owner)
        if cancelled:
            raise Stopped
