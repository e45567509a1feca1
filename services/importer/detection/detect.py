"""Looking at a file: text as it came, a spreadsheet as rows that its reader has written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from services.importer.detection.columns import order_of, show, unique_names
from services.importer.detection.delimiters import delimiter_of, sample
from services.importer.detection.detected import Column, Detected, Open, Sheet
from services.importer.detection.heading import (
    SAMPLE_ROWS,
    chosen_heading,
    guessed_heading,
    used_width,
)
from services.importer.detection.kinds import refuse_other_formats
from services.importer.errors import FileEmpty, SheetEmpty, TooManyColumns, UnknownSheet
from services.importer.readers import MOST_COLUMNS, Delimited, Row, SheetRows, Table
from services.importer.readers.encoding import detect_encoding

ROWS_LOOKED_AT = 1_000
"""A heading that somebody chose by hand stands among these."""


def detect(
    open_stream: Open,
    filename: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    heading_line: int | None = None,
) -> Detected:
    """Look at a text file. What is given was chosen by hand and is not guessed.

    Raises FileEmpty, NotATable, TooManyColumns, NoHeadingThere and UnknownSheet.
    """
    refuse_other_formats(open_stream, filename)
    if sheet is not None:
        raise UnknownSheet(sheet=f"'{sheet}'", sheets="-")
    encoding = encoding or detect_encoding(open_stream)
    delimiter = delimiter or delimiter_of(sample(open_stream, encoding, filename))
    table = Delimited(open_stream, encoding=encoding, delimiter=delimiter)
    first = list(islice(table.rows(), ROWS_LOOKED_AT))
    if not first:
        raise FileEmpty(filename=filename)
    detected = Detected(encoding=encoding, delimiter=delimiter, heading_line=heading_line)
    widest = max(len(row.cells) for row in first)
    _columns(detected, first, widest, 2 * MOST_COLUMNS)
    return _counted(open_stream, detected)


def detect_sheet(
    open_rows: Open,
    filename: str,
    *,
    kind: str,
    sheet: str,
    sheets: Sequence[Sheet],
    width: int,
    heading_line: int | None = None,
) -> Detected:
    """Look at a sheet whose rows are written down. Raises SheetEmpty, TooManyColumns and NoHeadingThere.

    What stands beside the table, somewhere within the sheet's `width`, is shown as a column without a name.
    """
    if width > MOST_COLUMNS:
        raise TooManyColumns(found=width, limit=MOST_COLUMNS)
    first = list(islice(SheetRows(open_rows, width=width).rows(), ROWS_LOOKED_AT))
    if not first:
        raise SheetEmpty(filename=filename, sheet=f"'{sheet}'")
    detected = Detected(format=kind, sheet=sheet, sheets=list(sheets), heading_line=heading_line)
    _columns(detected, first, width, MOST_COLUMNS)
    return _counted(open_rows, detected)


def _columns(detected: Detected, first: Sequence[Row], widest: int, most: int) -> None:
    if widest > most:
        raise TooManyColumns(found=widest, limit=MOST_COLUMNS)
    if detected.heading_line is not None:
        heading = chosen_heading(first, detected.heading_line)
    else:
        heading = guessed_heading(first[:SAMPLE_ROWS])
    cells = heading.cells if heading else [""] * widest
    # A sheet has one width; in a text file each row has its own.
    width = widest if detected.is_spreadsheet else used_width(cells, first[:SAMPLE_ROWS])
    if width > MOST_COLUMNS:
        raise TooManyColumns(found=width, limit=MOST_COLUMNS)
    detected.heading_line = heading.line if heading else None
    detected.columns = [Column(name=name) for name in unique_names(cells[:width])]


def _counted(open_stream: Open, detected: Detected) -> Detected:
    cells: list[list[str]] = [[] for _ in detected.columns]
    for row in data_rows(open_stream, detected):
        detected.rows += 1
        if detected.rows <= SAMPLE_ROWS and row.fault is None:
            show(detected.columns, row.cells)
            for own, cell in zip(cells, row.cells, strict=False):
                own.append(cell.strip())
    for column, own in zip(detected.columns, cells, strict=True):
        column.dates = order_of(own)
    return detected


def data_rows(open_stream: Open, detected: Detected) -> Iterable[Row]:
    """Yield the file's rows below its heading. `open_stream` gives a text, or a sheet's written rows."""
    heading_line = detected.heading_line or 0
    return (row for row in _table(open_stream, detected).rows() if row.line > heading_line)


def _table(open_stream: Open, detected: Detected) -> Table:
    width = len(detected.columns)
    if detected.encoding is None or detected.delimiter is None:
        return SheetRows(open_stream, width=width)
    return Delimited(
        open_stream, encoding=detected.encoding, delimiter=detected.delimiter, width=width
    )
