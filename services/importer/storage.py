"""Uploaded files: as a request brings them, and as they lie in the database."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.importer.errors import FileTooLarge
from services.importer.models import FilePart
from shared.db import Database

PART = 1 << 20
BUFFER = 1 << 18


class Stored(NamedTuple):
    size: int
    sha256: str


def store(session: Session, import_id: UUID, stream: BinaryIO) -> Stored:
    """Put the file into the database in parts."""
    digest, size, number = hashlib.sha256(), 0, 0
    while data := stream.read(PART):
        digest.update(data)
        size += len(data)
        session.execute(insert(FilePart), {"import_id": import_id, "part": number, "data": data})
        number += 1
    return Stored(size, digest.hexdigest())


def open_stored(database: Database, import_id: UUID) -> BinaryIO:
    """Open a stored file from its beginning. Each part is read in a short transaction of its own."""

    def read(part: int) -> bytes:
        with database.reading() as session:
            return _part(session, import_id, part)

    return io.BufferedReader(_Parts(read), BUFFER)


def open_within(session: Session, import_id: UUID) -> BinaryIO:
    """Open a stored file from its beginning, to be read within this transaction."""
    return io.BufferedReader(_Parts(lambda part: _part(session, import_id, part)), BUFFER)


def _part(session: Session, import_id: UUID, part: int) -> bytes:
    data = session.scalar(
        select(FilePart.data).where(FilePart.import_id == import_id, FilePart.part == part)
    )
    return data or b""


class Upload:
    """A file that a request brought. It can be opened any number of times, once at a time."""

    def __init__(self, stream: Any, limit_mb: int) -> None:
        self._stream = stream
        if stream.seek(0, io.SEEK_END) > limit_mb * 1024 * 1024:
            raise FileTooLarge(limit=limit_mb)

    def open(self) -> BinaryIO:
        self._stream.seek(0)
        return io.BufferedReader(_Borrowed(self._stream), BUFFER)


class _Borrowed(io.RawIOBase):
    """A view of a stream that stays open when the view is closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Parts(io.RawIOBase):
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._next = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(self._read(self._next))
            self._next += 1
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
