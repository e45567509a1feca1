"""What can be done with imports. Writing the rows is the jobs' work (`running/jobs.py`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from services.importer.detection import Detected
from services.importer.errors import ImportNotFound, NothingMapped
from services.importer.files import profiles, storage
from services.importer.files.corrections import forget_corrections, read_alike
from services.importer.mapping import (
    Attribute,
    check_mapping,
    guess_mapping,
    identifies,
    profile_key,
)
from services.importer.models import Import, State
from services.importer.options import GroupOptions, Options
from services.importer.rows.dates import DATED
from shared.db import new_id, utcnow, wake

CHANNEL = "imports"
"""Woken when there is an import to run."""

Choices = dict[str, Any]


def get_import(session: Session, import_id: UUID) -> Import:
    """Raises ImportNotFound."""
    found = session.get(Import, import_id)
    if found is None:
        raise ImportNotFound(import_id=import_id)
    return found


def lock_import(session: Session, import_id: UUID) -> Import:
    found = session.get(Import, import_id, with_for_update=True)
    if found is None:
        raise ImportNotFound(import_id=import_id)
    return found


def receive_file(
    session: Session,
    *,
    filename: str,
    stream: BinaryIO,
    rows: BinaryIO | None,
    detected: Detected,
    attributes: Sequence[Attribute],
    foreign: Collection[str],
    choices: Choices,
    by: str,
    language: str,
) -> Import:
    """Keep an uploaded file and what was understood of it. `rows` are those of a spreadsheet's sheet."""
    arrived = Import(
        id=new_id(),
        state=State.uploaded,
        filename=filename,
        size=0,
        sha256="",
        language=language,
        created_by=by,
        options={},
        profile="",
        mapped_by_hand=False,
        **_understood(detected),
    )
    session.add(arrived)
    session.flush()
    arrived.size, arrived.sha256 = storage.store(session, arrived.id, stream)
    if rows is not None:
        storage.store_rows(session, arrived.id, rows)
    _choose(session, arrived, Options(), choices, detected, attributes, foreign)
    return arrived


def choose_options(
    session: Session,
    import_id: UUID,
    version: int,
    choices: Choices,
    attributes: Sequence[Attribute],
    detected: Detected | None,
    foreign: Collection[str] = (),
    rows: BinaryIO | None = None,
) -> Import:
    """Correct what was understood. `detected` is given if the file was looked at anew, `rows` if another
    sheet of it was read.
    """
    chosen = lock_import(session, import_id)
    chosen.expect(version)
    chosen.expect_state(State.uploaded, State.ready)
    chosen.version += 1
    before = chosen.chosen
    known = msgspec.convert(chosen.detected, Detected)
    if detected is None:
        detected = known
    else:
        if not read_alike(known, detected):
            # The same line holds another row now, or other cells.
            forget_corrections(session, import_id)
        if detected.names != known.names:
            before = msgspec.structs.replace(before, mapping={})
        for name, value in _understood(detected).items():
            setattr(chosen, name, value)
    if rows is not None:
        storage.store_rows(session, import_id, rows)
    _choose(session, chosen, before, choices, detected, attributes, foreign)
    return chosen


def start_import(session: Session, import_id: UUID) -> Import:
    """Hand the import to the workers, and remember a chosen mapping for the next file with these headings."""
    started = lock_import(session, import_id)
    options = started.chosen
    if not identifies(options.mapping):
        raise NothingMapped
    started.begin(utcnow())
    if started.mapped_by_hand or options.profile is not None:
        profiles.remember(session, started.profile, options)
    wake(session, CHANNEL)
    return started


def undo_import(session: Session, import_id: UUID, *, by: str, keep: timedelta) -> Import:
    """Hand the import to the workers to be taken back. Once it is begun it can only be brought to its end."""
    undone = lock_import(session, import_id)
    undone.begin_undo(by, utcnow(), keep)
    wake(session, CHANNEL)
    return undone


def cancel_import(session: Session, import_id: UUID) -> Import:
    """Stop an import. What is written stays and is counted."""
    cancelled = lock_import(session, import_id)
    cancelled.cancel(utcnow())
    return cancelled


def _understood(detected: Detected) -> dict[str, Any]:
    return {"detected": msgspec.to_builtins(detected), "rows_total": detected.rows}


def _choose(
    session: Session,
    chosen: Import,
    before: Options,
    choices: Choices,
    detected: Detected,
    attributes: Sequence[Attribute],
    foreign: Collection[str],
) -> None:
    columns = detected.names
    chosen.profile = profile_key(columns)
    keys = {attribute.key for attribute in attributes}
    if not before.mapping:
        empty = [column.name for column in detected.columns if not column.samples]
        guessed = guess_mapping(columns, attributes, foreign, empty)
        before = msgspec.structs.replace(before, mapping=guessed)
        if recalled := profiles.recall(session, chosen.profile, columns, keys):
            before = before.changed(recalled)
        if "known_at" in before.mapping.values() and before.groups == GroupOptions():
            before = msgspec.structs.replace(before, groups=GroupOptions(mode="edited"))
    after = before.changed(
        {
            **choices,
            "encoding": detected.encoding,
            "delimiter": detected.delimiter,
            "sheet": detected.sheet,
        }
    )
    chosen.mapped_by_hand = chosen.mapped_by_hand or bool(choices.get("mapping"))
    check_mapping(after.mapping, columns, keys)
    dates = DATED.union(attribute.target for attribute in attributes if attribute.type == "date")
    chosen.options = after.stored()
    for column in detected.columns:
        column.target = after.mapping.get(column.name)
        dated = column.target in dates
        column.date_order = (after.date_order or column.dates or "day_first") if dated else None
    chosen.detected = msgspec.to_builtins(detected)
    chosen.state = State.ready if identifies(after.mapping) else State.uploaded
