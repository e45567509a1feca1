"""The loop that all work here runs in: any number of workers, each piece by one of them at a time."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import httpx
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from services.importer.config import Settings
from services.importer.work.leasing import LeaseLost
from services.importer.work.waiting import Stopped
from shared.db import Database, new_id
from shared.errors import ServiceError, Text
from shared.loops import on_call

log = structlog.get_logger(__name__)

Piece = TypeVar("Piece", bound=Any)


class Worker(ABC, Generic[Piece]):
    """Does one kind of work as it comes: claims a piece, brings it to its end, or says why it has none."""

    what: ClassVar[str]
    """What the log calls a piece."""
    channel: ClassVar[str]
    """Woken when there is work."""
    internal: ClassVar[Text]
    """What is said of a failure that nobody has foreseen."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`transport` takes the place of the network on the way to the other services."""
        self._settings = settings
        self._database = database
        self._transport = transport
        self._owner = new_id()

    @abstractmethod
    def claim(self, session: Session) -> Piece | None:
        """Take the piece that waits longest; None if there is none."""

    @abstractmethod
    def work(self, piece: Piece, stop: threading.Event) -> None:
        """Bring it to its end. Raises Stopped, LeaseLost, or what a service refused."""

    @abstractmethod
    def release(self, session: Session, piece_id: UUID) -> None:
        """Give it back."""

    @abstractmethod
    def fail(self, session: Session, piece_id: UUID, reason: Text) -> None:
        """End it with a reason."""

    def run(self, stop: threading.Event) -> None:
        """Work on what comes until `stop`."""
        on_call(self._database, self.channel, self.step)(stop)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Bring what waits longest to its end. False if nothing waits."""
        stop = stop or threading.Event()
        with self._database.transaction() as session:
            piece = self.claim(session)
        if piece is None:
            return False
        told = {"kind": self.what, "id": str(piece.id)}
        log.info("work runs", rows_done=piece.rows_done, **told)
        try:
            self.work(piece, stop)
            log.info("work ends", **told)
        except LeaseLost:
            log.warning("work was taken over", **told)
        except Stopped:
            self._settle(piece.id, None)
        except ServiceError as refused:
            self._settle(piece.id, refused.text)
        except (OperationalError, InterfaceError):
            raise  # the lease runs out, and somebody takes it up again
        except Exception:
            log.exception("work failed", **told)
            self._settle(piece.id, self.internal)
        return True

    def _settle(self, piece_id: UUID, failure: Text | None) -> None:
        """Give the piece back, or end it with the reason why it failed."""
        try:
            with self._database.transaction() as session:
                if failure is None:
                    self.release(session, piece_id)
                else:
                    self.fail(session, piece_id, failure)
        except LeaseLost:
            log.warning("work was taken over", kind=self.what, id=str(piece_id))
