"""What the importer refuses, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import Conflict, Invalid, NotFound, ServiceError, Text, TooLarge, UnsupportedType


class ImportNotFound(NotFound):
    template = Text(
        "There is no import {import_id}. GET /api/v1/imports lists those that exist.",
        de="Es gibt keinen Import {import_id}. GET /api/v1/imports nennt die vorhandenen.",
    )


class FileRefused(Invalid):
    """A file that cannot be imported at all, whatever is chosen for it."""

    title = Text("The file cannot be imported", de="Die Datei kann nicht importiert werden")


class FileMissing(FileRefused):
    template = Text(
        "Send the file as the part 'file' of a multipart/form-data body.",
        de="Die Datei wird als Teil 'file' eines multipart/form-data-Inhalts gesendet.",
    )


class FileEmpty(FileRefused):
    template = Text(
        "The file {filename} is empty.",
        de="Die Datei {filename} ist leer.",
    )


class NotATable(UnsupportedType):
    title = Text("Not a table", de="Keine Tabelle")
    template = Text(
        "{filename} is {kind}, not a table. Save the list as XLSX, ODS or CSV and upload that.",
        de="{filename} ist {kind}, keine Tabelle. Bitte die Liste als XLSX, ODS oder CSV speichern und "
        "hochladen.",
    )


class FileTooLarge(TooLarge):
    template = Text(
        "The file is larger than {limit} MB. Split it and import the parts one after another.",
        de="Die Datei ist größer als {limit} MB. Bitte teilen und nacheinander importieren.",
    )


class TooManyColumns(FileRefused):
    template = Text(
        "The file has {found} columns; {limit} are possible.",
        de="Die Datei hat {found} Spalten; möglich sind {limit}.",
    )


class SheetEmpty(FileRefused):
    template = Text(
        "There is nothing in the sheet {sheet} of {filename}. Choose another one in options.sheet.",
        de="Im Blatt {sheet} von {filename} steht nichts. Bitte in options.sheet ein anderes wählen.",
    )


class UnknownSheet(Invalid):
    title = Text("No such sheet", de="Kein solches Blatt")
    template = Text(
        "The file has no sheet {sheet}. Its sheets are: {sheets}",
        de="Die Datei hat kein Blatt {sheet}. Ihre Blätter sind: {sheets}",
    )


class NoHeadingThere(Invalid):
    title = Text("No heading there", de="Dort keine Überschrift")
    template = Text(
        "In line {line} stands no row that could be the heading. Choose another in options.heading_line, "
        "0 if the file has none, or null to have it found.",
        de="In Zeile {line} steht keine Zeile, die die Überschrift sein kann. Bitte in options.heading_line "
        "eine andere wählen, 0 für keine, oder null, um sie suchen zu lassen.",
    )


class QuotesBroken(FileRefused):
    template = Text(
        "From line {line} on the quotation marks do not match, over and over again. Save the list as CSV "
        "once more, with quotation marks around text.",
        de="Ab Zeile {line} passen die Anführungszeichen immer wieder nicht. Bitte die Liste noch einmal "
        "als CSV speichern, Texte in Anführungszeichen.",
    )


class UnknownColumn(Invalid):
    template = Text(
        "The file has no column {column}. Its columns are: {columns}.",
        de="Die Datei hat keine Spalte {column}. Ihre Spalten sind: {columns}.",
    )


class UnknownTarget(Invalid):
    template = Text(
        "There is no {target} that a column could go to.",
        de="Es gibt kein {target}, in das eine Spalte gehen könnte.",
    )


class TargetTwice(Invalid):
    template = Text(
        "The columns {first} and {second} both go to {target}; only one can.",
        de="Die Spalten {first} und {second} gehen beide nach {target}; das geht nur mit einer.",
    )


class NothingMapped(Invalid):
    title = Text("No column recognised", de="Keine Spalte erkannt")
    template = Text(
        "No column goes to a name, company, e-mail, telephone, number or id: nobody could be imported. "
        "Choose in options.mapping what the columns are.",
        de="Keine Spalte geht in Name, Firma, E-Mail, Telefon, Kundennummer oder Id: niemand könnte "
        "importiert werden. Bitte in options.mapping wählen, was die Spalten sind.",
    )


class WrongState(Conflict):
    template = Text(
        "The import is {state}; this is only possible while it is {possible}.",
        de="Der Import ist {state}; das geht nur, solange er {possible} ist.",
    )


class RowNotFound(NotFound):
    template = Text(
        "There is no row in line {line} of this file. GET /api/v1/imports/{import_id}/rows lists them.",
        de="In Zeile {line} dieser Datei beginnt kein Datensatz. GET /api/v1/imports/{import_id}/rows nennt "
        "die vorhandenen.",
    )


class RowWritten(Conflict):
    template = Text(
        "The row in line {line} is imported. Correct the customer instead.",
        de="Die Zeile {line} ist importiert. Bitte beim Kunden ändern.",
    )


class TooManyCorrections(Invalid):
    template = Text(
        "{limit} rows of this import are corrected, more are not possible. Correct the file and upload it "
        "again.",
        de="{limit} Zeilen dieses Imports sind korrigiert, mehr geht nicht. Bitte die Datei korrigieren und "
        "noch einmal hochladen.",
    )


class BroughtAgain(Conflict):
    template = Text(
        "The refused rows are in the import {import_id} now. Correct them there.",
        de="Die abgelehnten Zeilen sind jetzt im Import {import_id}. Bitte dort korrigieren.",
    )


class GoesOnElsewhere(Conflict):
    template = Text(
        "The refused rows of this import are in the import {import_id} now; this one cannot go on. Upload "
        "the file again for the rows that are missing.",
        de="Die abgelehnten Zeilen dieses Imports sind jetzt im Import {import_id}; dieser kann nicht mehr "
        "fortgesetzt werden. Für die Zeilen, die noch fehlen, bitte die Datei noch einmal hochladen.",
    )


class NothingRefused(Conflict):
    template = Text(
        "The import has no refused rows that could be brought again.",
        de="Der Import hat keine abgelehnten Zeilen, die noch einmal importiert werden könnten.",
    )


class CorrectedMeanwhile(Conflict):
    template = Text(
        "Somebody is correcting rows of this import at this moment. Try again.",
        de="In diesem Augenblick korrigiert jemand Zeilen dieses Imports. Bitte noch einmal versuchen.",
    )


class FileGone(Conflict):
    template = Text(
        "The file {filename} is no longer kept. Upload it again: rows that were imported are recognised.",
        de="Die Datei {filename} ist nicht mehr gespeichert. Bitte noch einmal hochladen: was schon "
        "importiert wurde, wird erkannt.",
    )


class UndoBegun(Conflict):
    template = Text(
        "This import was begun to be undone; it cannot go on. Undo it to the end, or upload the file again.",
        de="Mit dem Rückgängigmachen dieses Imports wurde begonnen; er kann nicht weitergehen. Bitte zu Ende "
        "rückgängig machen oder die Datei noch einmal hochladen.",
    )


class UndoTooLate(Conflict):
    template = Text(
        "It is no longer known what the import of {filename} has done: it was too long ago.",
        de="Was der Import von {filename} getan hat, ist nicht mehr bekannt: er liegt zu lange zurück.",
    )


class ServiceRefused(ServiceError):
    """A service answered a bulk request as a whole with a refusal: the import cannot go on."""

    status = 503
    template = Text(
        "The {service} service refused the rows from line {line} on with {status}: {detail}",
        de="Der Dienst {service} hat die Zeilen ab {line} mit {status} abgelehnt: {detail}",
    )
