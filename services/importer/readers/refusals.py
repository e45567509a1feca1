"""Why a spreadsheet is not read, and what whoever brought it can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from services.importer.errors import FileRefused, NotATable, UnknownSheet
from shared.errors import ServiceError, Text, TooLarge, UnsupportedType


class Protected(FileRefused):
    template = Text(
        "{filename} is protected by a password. Save it without one (Excel: File, Info, Protect Workbook, "
        "Encrypt with Password) and upload it again.",
        de="{filename} ist mit einem Kennwort geschützt. Bitte ohne Kennwort speichern (Excel: Datei, "
        "Informationen, Arbeitsmappe schützen, Mit Kennwort verschlüsseln) und noch einmal hochladen.",
    )


class SpreadsheetDamaged(FileRefused):
    def __init__(self, filename: str = "") -> None:
        super().__init__(filename=filename or Text("The file", de="Die Datei"))

    template = Text(
        "{filename} is damaged or incomplete. Open it in a spreadsheet program, save it anew as XLSX or CSV "
        "and upload that.",
        de="{filename} ist beschädigt oder unvollständig. Bitte in einer Tabellenkalkulation öffnen, neu als "
        "XLSX oder CSV speichern und hochladen.",
    )


class NothingInIt(FileRefused):
    template = Text(
        "No sheet of {filename} that can be seen has anything in it. A hidden one is read if options.sheet "
        "names it.",
        de="In keinem sichtbaren Blatt von {filename} steht etwas. Ein ausgeblendetes wird gelesen, wenn "
        "options.sheet es nennt.",
    )


class TooMuchWork(FileRefused):
    template = Text(
        "Reading {filename} took longer than {limit} seconds. Split the list, or save it as CSV: that can be "
        "of any length.",
        de="Das Lesen von {filename} hat länger als {limit} Sekunden gedauert. Bitte die Liste teilen oder "
        "als CSV speichern: die kann beliebig lang sein.",
    )


class TooMuchMemory(TooLarge):
    template = Text(
        "Reading {filename} takes more than {limit} MiB of memory. Split the list, or save it as CSV: that "
        "can be of any length. (Setting: IMPORT_SHEET_MEMORY_MB)",
        de="Das Lesen von {filename} braucht mehr als {limit} MiB Arbeitsspeicher. Bitte die Liste teilen "
        "oder als CSV speichern: die kann beliebig lang sein. (Einstellung: IMPORT_SHEET_MEMORY_MB)",
    )


class UnpacksTooLarge(TooLarge):
    template = Text(
        "{filename} unpacks to more than {limit} MiB. Split the list, or save it as CSV: that can be of any "
        "length. (Setting: IMPORT_UNPACKED_MB)",
        de="{filename} wird ausgepackt größer als {limit} MiB. Bitte die Liste teilen oder als CSV "
        "speichern: die kann beliebig lang sein. (Einstellung: IMPORT_UNPACKED_MB)",
    )


class BinaryWorkbook(UnsupportedType):
    title = Text("Not a spreadsheet that is read", de="Keine Tabelle, die gelesen wird")
    template = Text(
        "{filename} is a binary workbook (.xlsb). Save it as .xlsx and upload that.",
        de="{filename} ist eine Binärarbeitsmappe (.xlsb). Bitte als .xlsx speichern und hochladen.",
    )


class Suspicious(UnsupportedType):
    title = Text("Not a usual spreadsheet", de="Keine übliche Tabellenkalkulation")

    def __init__(self, *, filename: str, doubt: Text, **facts: object) -> None:
        super().__init__(filename=filename, doubt=doubt.fill(**facts))

    template = Text(
        "{filename} {doubt}, as no spreadsheet program writes it. Save the list anew as XLSX or CSV and "
        "upload that.",
        de="{filename} {doubt}, wie es keine Tabellenkalkulation schreibt. Bitte die Liste neu als XLSX oder "
        "CSV speichern und hochladen.",
    )


_TIGHT = Text("is packed more than {limit} times", de="ist mehr als {limit}-fach gepackt")
_ENTRIES = Text("has {found} parts", de="hat {found} Teile")
_ENTITIES = Text("defines entities of its own", de="definiert eigene Entitäten")
_ARCHIVE = Text("an archive or a text document", de="ein Archiv oder ein Textdokument")
_OFFICE = Text("a document of another program", de="ein Dokument eines anderen Programms")

_REFUSALS: dict[str, Callable[..., ServiceError]] = {
    "protected": Protected,
    "nothing_in_it": NothingInIt,
    "too_slow": TooMuchWork,
    "too_much_memory": TooMuchMemory,
    "unpacks_too_large": UnpacksTooLarge,
    "packed_too_tight": partial(Suspicious, doubt=_TIGHT),
    "too_many_entries": partial(Suspicious, doubt=_ENTRIES),
    "entities": partial(Suspicious, doubt=_ENTITIES),
    "other_archive": partial(NotATable, kind=_ARCHIVE),
    "not_a_workbook": partial(NotATable, kind=_OFFICE),
    "binary_workbook": BinaryWorkbook,
}


def refusal(reason: str, filename: str, facts: Mapping[str, str | int | list[str]]) -> ServiceError:
    """Return the error for what the child said, or for how it ended."""
    if reason == "unknown_sheet":
        names = ", ".join(f"'{name}'" for name in cast(list[str], facts["sheets"]))
        return UnknownSheet(sheet=f"'{facts['sheet']}'", sheets=names)
    if reason not in _REFUSALS:
        return SpreadsheetDamaged(filename)
    return _REFUSALS[reason](filename=filename, **facts)
