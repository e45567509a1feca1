"""Bringing the rows that an import refused again, as corrected: as a new import with the same options.

Its file has the columns of the first one, so each cell is read as it was there. Rows that are torn and that
nobody has put together stay behind.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from typing import BinaryIO
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from services.importer.correcting.correct import Stamp, refused_rows, stamp
from services.importer.detection import Column, Detected
from services.importer.detection.columns import show
from services.importer.errors import BroughtAgain, CorrectedMeanwhile, NothingRefused
from services.importer.files import storage
from services.importer.models import ENDED, BadRow, Import, State
from services.importer.readers import Row
from services.importer.running.source import Source
from shared.db import Database, new_id
from shared.values import Order

ENCODING, DELIMITER = "utf-8", ";"
LINES_AT_ONCE = 5_000


def write_refused(database: Database, source: Source, file: BinaryIO) -> tuple[Detected, Stamp]:
    """Write the refused rows into the file, and stand at its beginning.

    Returns what it holds, and how far corrections were seen: `bring_again` takes no file that has missed one.
    """
    with database.reading() as session:
        seen = stamp(session, source.import_id)
    mapping = source.options.mapping
    columns = [Column(name=name, target=mapping.get(name)) for name in source.columns]
    written = Detected(encoding=ENCODING, delimiter=DELIMITER, heading_line=1, columns=columns)
    text = io.TextIOWrapper(file, encoding=ENCODING, errors="replace", newline="")
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerow(source.columns)
    for row in _refused(database, source):
        if row.fault is None:
            writer.writerow(row.cells)
            written.rows += 1
            show(columns, row.cells)
    text.detach()
    file.seek(0)
    return written, seen


def bring_again(
    session: Session,
    ended: Import,
    file: BinaryIO,
    written: Detected,
    seen: Stamp,
    date_orders: Collection[Order],
    by: str,
) -> Import:
    """Make an import of the file. It waits for somebody to look at it and to start it.

    `date_orders` are how the dates of the whole file were read: some rows of it may not tell any more.

    Raises WrongState, BroughtAgain, CorrectedMeanwhile and NothingRefused.
    """
    ended.expect_state(*ENDED)
    if ended.again_id is not None:
        raise BroughtAgain(import_id=ended.again_id)
    if stamp(session, ended.id) != seen:
        raise CorrectedMeanwhile
    if not written.rows:
        raise NothingRefused
    chosen = {"encoding": ENCODING, "delimiter": DELIMITER, "sheet": None, "heading_line": None}
    orders = set(date_orders)
    if len(orders) == 1:
        chosen["date_order"] = orders.pop()
    options = ended.chosen.changed(chosen)
    again = Import(
        id=new_id(),
        state=State.ready,
        filename=ended.filename,
        size=0,
        sha256="",
        language=ended.language,
        detected=msgspec.to_builtins(written),
        options=options.stored(),
        profile=ended.profile,
        rows_total=written.rows,
        created_by=by,
    )
    session.add(again)
    session.flush()
    again.size, again.sha256 = storage.store(session, again.id, file)
    ended.again_id = again.id
    ended.version += 1
    return again


def _refused(database: Database, source: Source) -> Iterator[Row]:
    """Yield the rows that were refused, as they were corrected: two lists side by side, both by line."""
    lines = _lines(database, source.import_id)
    wanted = next(lines, None)
    for row in source.rows():
        if wanted is None:
            return
        if row.line == wanted:
            yield row
            wanted = next(lines, None)


def _lines(database: Database, import_id: UUID) -> Iterator[int]:
    """Yield the lines that were refused, some thousand in memory at a time."""
    after = 0
    while True:
        page = refused_rows(import_id).where(BadRow.line > after).order_by(BadRow.line)
        with database.reading() as session:
            lines = session.scalars(page.limit(LINES_AT_ONCE)).all()
        if not lines:
            return
        yield from lines
        after = lines[-1]
