"""Looking at an uploaded file, for the first time and again when something else was chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import msgspec

from services.importer.config import Settings
from services.importer.detection import Detected, Open, Sheet, detect, detect_sheet, is_spreadsheet
from services.importer.files.storage import open_original, open_stored
from services.importer.models import Import
from services.importer.readers.spreadsheet import read_spreadsheet
from services.importer.spreadsheets.limits import Limits
from shared.db import Database

LOOKED_AT = ("encoding", "delimiter", "sheet", "heading_line")
"""Options that decide how a file is understood: whoever changes one has it looked at anew."""


class Looked(NamedTuple):
    """`rows`: those of the sheet, written down, to be stored beside a spreadsheet."""

    detected: Detected
    rows: BinaryIO | None


def look(open_file: Open, filename: str, choices: Mapping[str, Any], settings: Settings) -> Looked:
    """Find out what a file is. Of `choices` counts what is in LOOKED_AT."""
    chosen = {name: choices.get(name) for name in LOOKED_AT}
    if not is_spreadsheet(open_file):
        return Looked(detect(open_file, filename, **chosen), None)
    limits = Limits(
        memory_mb=settings.import_sheet_memory_mb,
        unpacked_mb=settings.import_unpacked_mb,
        seconds=settings.import_sheet_seconds,
    )
    written = read_spreadsheet(open_file, filename, limits, sheet=chosen["sheet"])
    detected = detect_sheet(
        written.open,
        filename,
        kind=written.format,
        sheet=written.sheet,
        sheets=[Sheet(name=s.name, hidden=s.hidden, rows=s.rows) for s in written.sheets],
        width=written.width,
        heading_line=chosen["heading_line"],
    )
    return Looked(detected, written.open())


def look_again(
    database: Database, found: Import, choices: Mapping[str, Any], settings: Settings
) -> Looked:
    """Look at a stored file with what was chosen before and now. A sheet is read once, until another is."""
    before = found.chosen
    chosen = {name: choices.get(name, getattr(before, name)) for name in LOOKED_AT}
    detected = msgspec.convert(found.detected, Detected)
    if detected.is_spreadsheet and detected.sheet is not None and chosen["sheet"] == detected.sheet:
        return Looked(
            detect_sheet(
                partial(open_stored, database, found.id),
                found.filename,
                kind=detected.format,
                sheet=detected.sheet,
                sheets=detected.sheets,
                width=len(detected.columns),
                heading_line=chosen["heading_line"],
            ),
            None,
        )
    return look(partial(open_original, database, found.id), found.filename, chosen, settings)
