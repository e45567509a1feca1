"""What every event has in common, and its CloudEvents 1.0 envelope (structured JSON)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec

E = TypeVar("E", bound="Event")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that one service tells the others. `name` is its CloudEvents type and its routing key."""

    name: ClassVar[str]

    @property
    def subject(self) -> str | None:
        """The customer the event is about, if it is about one."""
        customer_id = getattr(self, "customer_id", None)
        return None if customer_id is None else str(customer_id)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The CloudEvents attributes around an event's data. `data` is left undecoded."""

    specversion: str
    id: UUID
    source: str
    type: str
    time: datetime
    subject: str | None = None
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(Envelope)
_decoders: dict[type[Event], msgspec.json.Decoder[Any]] = {}


def encode(
    event: Event, *, event_id: UUID, time: datetime, traceparent: str | None = None
) -> bytes:
    """Return the event as one CloudEvents JSON document (UTF-8, one line)."""
    envelope = Envelope(
        specversion="1.0",
        id=event_id,
        source="/" + event.name.partition(".")[0],
        type=event.name,
        time=time,
        subject=event.subject,
        traceparent=traceparent,
        data=msgspec.Raw(_encoder.encode(event)),
    )
    return _encoder.encode(envelope)


def decode_envelope(body: bytes) -> Envelope:
    """Read the envelope. Raises msgspec.DecodeError (or ValidationError) if it is not CloudEvents JSON."""
    return _envelope_decoder.decode(body)


def decode_data(kind: type[E], data: bytes | msgspec.Raw) -> E:
    """Read an event's data, ignoring fields this version does not know.

    Raises msgspec.ValidationError if a field that it needs is missing or of another type.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    event: E = decoder.decode(data)
    return event
