"""What the importer service tells. It owns imports and exports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.events.base import Event


class ImportFinished(Event, frozen=True, kw_only=True):
    """An import has come to its end; the counts are rows of the file."""

    name = "importer.import_finished"

    import_id: UUID
    occurred_at: datetime
    filename: str
    rows_total: int
    created: int
    updated: int
    unchanged: int
    failed: int
    conflicts: int


class ImportUndone(Event, frozen=True, kw_only=True):
    """An import was taken back as one unit."""

    name = "importer.import_undone"

    import_id: UUID
    occurred_at: datetime


class ExportFinished(Event, frozen=True, kw_only=True):
    """An export file is ready."""

    name = "importer.export_finished"

    export_id: UUID
    occurred_at: datetime
    rows: int


class CustomerForgotten(Event, frozen=True, kw_only=True):
    """After `CustomerErased`: this service has let go of everything about the person."""

    name = "importer.customer_forgotten"

    customer_id: UUID
    occurred_at: datetime


EVENTS: tuple[type[Event], ...] = (
    ImportFinished,
    ImportUndone,
    ExportFinished,
    CustomerForgotten,
)
