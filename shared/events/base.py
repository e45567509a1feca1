"""What every event has in common, and its CloudEvents 1.0 envelope (structured JSON)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec

E = TypeVar("E", bound="Event")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that one service tells the others. `name` is its CloudEvents type and its routing key.

    The `customer_id` of an event that has one is its CloudEvents subject.
    """

    name: ClassVar[str]
    urgent: ClassVar[bool] = False
    """It forbids mail: followup hears it before whoever caused it gets an answer."""


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
    return encoder(time, traceparent)(event, event_id)


def encoder(time: datetime, traceparent: str | None = None) -> Callable[[Event, UUID], bytes]:
    """Return what writes many events of one moment as CloudEvents JSON documents.

    What they have in common is written once: putting an envelope together for each takes twice the time.
    """
    frames: dict[type[Event], tuple[bytes, bytes]] = {}

    def encode_one(event: Event, event_id: UUID) -> bytes:
        kind = type(event)
        frame = frames.get(kind)
        if frame is None:
            frame = frames[kind] = _frame(kind, time, traceparent)
        customer_id = getattr(event, "customer_id", None)
        return b"".join(
            (
                frame[0],
                _encoder.encode(event_id),  # a third of the time of str()
                frame[1],
                b"" if customer_id is None else b',"subject":' + _encoder.encode(customer_id),
                b',"data":',
                _encoder.encode(event),
                b"}",
            )
        )

    return encode_one


def _frame(kind: type[Event], time: datetime, traceparent: str | None) -> tuple[bytes, bytes]:
    """Return what stands around the event's id."""
    common = {"source": "/" + kind.name.partition(".")[0], "type": kind.name, "time": time}
    if traceparent is not None:
        common["traceparent"] = traceparent
    rest = _encoder.encode(common)
    return b'{"specversion":"1.0","id":', b"," + rest[1:-1]


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
