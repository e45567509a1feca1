"""The file of an export, in parts in the database."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.importer.exports.models import ExportPart
from services.importer.files.storage import PART
from shared.db import Database


class Parts:
    """Cuts what is written into parts of one size and keeps them."""

    def __init__(self, export_id: UUID) -> None:
        self.size = 0
        self._export_id = export_id
        self._next = 0
        self._waiting = bytearray()

    def add(self, data: bytes) -> None:
        self._waiting += data

    @property
    def ready(self) -> bool:
        return len(self._waiting) >= PART

    def save(self, session: Session, *, last: bool = False) -> None:
        """Put what fills a part into the database; the `last` time all that there is."""
        while len(self._waiting) >= PART or (last and self._waiting):
            data = bytes(self._waiting[:PART])
            del self._waiting[:PART]
            session.execute(
                insert(ExportPart),
                {"export_id": self._export_id, "part": self._next, "data": data},
            )
            self._next += 1
            self.size += len(data)


def read(database: Database, export_id: UUID) -> Iterator[bytes]:
    """Give the file part by part, each in a short transaction of its own."""
    number = 0
    while True:
        with database.reading() as session:
            data = session.scalar(
                select(ExportPart.data).where(
                    ExportPart.export_id == export_id, ExportPart.part == number
                )
            )
        if data is None:
            return
        yield data
        number += 1
