"""What exports refuse, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import Conflict, Invalid, NotFound, ServiceError, Text


class ExportNotFound(NotFound):
    template = Text(
        "There is no export {export_id}. GET /api/v1/exports lists those that exist.",
        de="Es gibt keinen Export {export_id}. GET /api/v1/exports nennt die vorhandenen.",
    )


class NotReady(Conflict):
    template = Text(
        "The export is {state}: there is a file only when it is finished.",
        de="Stand des Exports: {state}. Eine Datei gibt es erst, wenn er fertig ist.",
    )


class Over(Conflict):
    template = Text(
        "The export is {state}; only one that is waiting or running can be cancelled.",
        de="Stand des Exports: {state}. Abbrechen lässt sich nur einer, der wartet oder unterwegs ist.",
    )


class ExportFileGone(Conflict):
    template = Text(
        "The file {filename} is no longer kept: its time was over, or somebody was erased since. "
        "Please export again.",
        de="Die Datei {filename} ist nicht mehr gespeichert: ihre Zeit war um, oder es wurde seitdem jemand "
        "gelöscht. Bitte noch einmal exportieren.",
    )


class ColumnUnknown(Invalid):
    template = Text(
        "There is no column {column}. Possible are: {columns}.",
        de="Es gibt keine Spalte {column}. Möglich sind: {columns}.",
    )


class SelectionRefused(Invalid):
    """Whom to export is not understood: what the groups service says of the filter."""


class TooManyRows(ServiceError):
    """Raised by the worker; it becomes the reason why an export failed."""

    status = 422
    template = Text(
        "{rows} customers do not fit on a sheet, which has {limit} rows. Please export as CSV.",
        de="{rows} Kunden passen nicht auf ein Tabellenblatt mit {limit} Zeilen. Bitte als CSV exportieren.",
    )


class CellTooLong(ServiceError):
    """Raised by the worker; cut off, the cell would come back as another text."""

    status = 422
    template = Text(
        "The text in column {column}, row {row} is longer than {limit} characters, which no spreadsheet "
        "holds. Please export as CSV.",
        de="Der Text in Spalte {column}, Zeile {row} ist länger als {limit} Zeichen; das fasst keine "
        "Tabelle. Bitte als CSV exportieren.",
    )


class ReadingRefused(ServiceError):
    """A service answered with a refusal: the export cannot go on."""

    status = 503
    template = Text(
        "The {service} service refused to tell the customers, with {status}: {detail}",
        de="Der Dienst {service} hat die Auskunft über die Kunden mit {status} abgelehnt: {detail}",
    )
