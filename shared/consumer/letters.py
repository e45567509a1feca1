"""Opening messages: from the bytes that arrived to a typed event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from shared.broker import MAX_BODY
from shared.events import Event
from shared.outbox import Message


class Unreadable(Exception):
    """The bytes are not an event that this service can understand."""


class Letter(NamedTuple):
    """An opened message."""

    event_id: UUID
    time: datetime
    event: Event
    message: Message


class _Kind(msgspec.Struct):
    type: str


class Opener:
    """Opens the messages of the event types that a service hears."""

    def __init__(self, kinds: Iterable[type[Event]]) -> None:
        self._decoders = {kind.name: _decoder(kind) for kind in kinds}
        self._kind = msgspec.json.Decoder(_Kind)

    def open(self, message: Message) -> Letter | None:
        """Return the letter, or None if it is of a type that this service does not know.

        Fields that this version does not know are skipped. Raises Unreadable.
        """
        if len(message.raw) > MAX_BODY:
            raise Unreadable(f"{len(message.raw)} bytes; an event has at most {MAX_BODY}")
        try:
            decoder = self._decoders.get(message.name)
            opened = decoder.decode(message.raw) if decoder else None
            if opened is None or opened.type != message.name:
                # A dead letter that was put back has the queue's name on it: look inside.
                decoder = self._decoders.get(self._kind.decode(message.raw).type)
                if decoder is None:
                    return None
                opened = decoder.decode(message.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Unreadable(str(error)) from error
        return Letter(opened.id, opened.time, opened.data, message)


def _decoder(kind: type[Event]) -> msgspec.json.Decoder[Any]:
    """Envelope and data in one pass."""
    envelope = msgspec.defstruct(
        f"{kind.__name__}Envelope",
        [
            ("specversion", Literal["1.0"]),
            ("id", UUID),
            ("type", str),
            ("time", datetime),
            ("data", kind),
        ],
    )
    return msgspec.json.Decoder(envelope)
