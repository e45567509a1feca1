"""Events that must be heard before the answer goes out: a no to mail holds from its answer on.

They lie in the outbox like all others. After the commit they are also handed straight to followup, which
takes them in through its inbox: when the broker brings them, they have been heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import httpx
import msgspec
import structlog
from sqlalchemy.orm import Session

from shared.client import ServiceClient
from shared.config import Settings
from shared.consumer.letters import Letter, Opener, Unreadable
from shared.consumer.subscriber import Handler, take_in
from shared.errors import ServiceError
from shared.events import Event
from shared.outbox import Message

log = structlog.get_logger(__name__)

PATH = "/api/v1/followup/urgent-events"
CONTENT_TYPE = "application/cloudevents-batch+json"
# Longer than followup waits for a mail that is just being handed over.
TIMEOUT = httpx.Timeout(12, connect=1)


class Express:
    """The short way to followup. `transport` replaces the network."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self._followup = ServiceClient(
            settings, "followup", scopes=("followup:write",), transport=transport, timeout=TIMEOUT
        )

    def tell(self, documents: Sequence[bytes]) -> None:
        """Hand over CloudEvents documents (JSON); return when followup acts on them.

        If followup does not answer, that is logged and no error: the change is saved, the same events
        follow through the broker, and followup stops newsletters by itself when they fail to arrive.
        """
        try:
            response = self._followup.post(
                PATH,
                content=b"[" + b",".join(documents) + b"]",
                headers={"Content-Type": CONTENT_TYPE},
            )
            failure = "" if response.is_success else f"answered {response.status_code}"
        except ServiceError as error:
            failure = str(error)
        if failure:
            log.warning("urgent events come later", events=len(documents), cause=failure)


class Desk:
    """Where followup takes urgent events in. `handlers` are those of its queue."""

    def __init__(self, handlers: Mapping[type[Event], Handler]) -> None:
        self._handlers = handlers
        self._opener = Opener(kind for kind in handlers if kind.urgent)

    def open(self, body: bytes) -> list[Letter]:
        """Read a list of CloudEvents documents. Raises Unreadable."""
        try:
            documents = msgspec.json.decode(body, type=list[msgspec.Raw])
        except msgspec.DecodeError as error:
            raise Unreadable(str(error)) from error
        letters = []
        for document in documents:
            letter = self._opener.open(Message(0, UUID(int=0), "", bytes(document)))
            if letter is None:
                raise Unreadable("there is an event that is not urgent")
            letters.append(letter)
        return letters

    def take(self, session: Session, letters: Sequence[Letter]) -> None:
        """Act on those that were not heard yet."""
        take_in(session, letters, self._handlers)
