"""Uploaded files: as a request brings them, and as they lie in the database.

Of a spreadsheet lie there the file as it came, and the rows of one sheet as text. What is imported is read
from the text, as often as it takes; the file is only opened again if another sheet is chosen.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from services.importer.errors import FileTooLarge
from services.importer.models import FilePart, SheetPart
from shared.db import Database

PART = 1 << 20
BUFFER = 1 << 18

Kind = type[FilePart] | type[SheetPart]


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


def store_rows(session: Session, import_id: UUID, stream: BinaryIO) -> None:
    """Put the rows of a sheet beside the file, in place of another sheet's."""
    session.execute(delete(SheetPart).where(SheetPart.import_id == import_id))
    number = 0
    while data := stream.read(PART):
        session.execute(insert(SheetPart), {"import_id": import_id, "part": number, "data": data})
        number += 1


def open_stored(database: Database, import_id: UUID) -> BinaryIO:
    """Open what the rows of an import are read from: the rows of a sheet, or the file itself.

    Each part is read in a short transaction of its own.
    """
    with database.reading() as session:
        kind = _kind(session, import_id)
    return _opened(database, import_id, kind)


def open_original(database: Database, import_id: UUID) -> BinaryIO:
    """Open the file as it came."""
    return _opened(database, import_id, FilePart)


def open_within(session: Session, import_id: UUID) -> BinaryIO:
    """Do as `open_stored`, within this transaction."""
    kind = _kind(session, import_id)
    return io.BufferedReader(_Parts(lambda part: _part(session, kind, import_id, part)), BUFFER)


def _opened(database: Database, import_id: UUID, kind: Kind) -> BinaryIO:
    def read(part: int) -> bytes:
        with database.reading() as session:
            return _part(session, kind, import_id, part)

    return io.BufferedReader(_Parts(read), BUFFER)


def _kind(session: Session, import_id: UUID) -> Kind:
    written = session.scalar(select(exists().where(SheetPart.import_id == import_id)))
    return SheetPart if written else FilePart


def _part(session: Session, kind: Kind, import_id: UUID, part: int) -> bytes:
    data = session.scalar(select(kind.data).where(kind.import_id == import_id, kind.part == part))
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
