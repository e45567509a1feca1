"""What a file is: its format, encoding, delimiter and heading, found before anything is written.

Nothing found here is final: encoding, delimiter and mapping can be corrected in the import's options.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import BinaryIO

import msgspec

from services.importer.errors import FileEmpty, NotATable, TooManyColumns
from services.importer.mapping.headings import is_known, is_number_heading
from services.importer.readers import MOST_COLUMNS, Delimited, Row
from services.importer.readers.delimited import SEPARATOR_LINE
from services.importer.readers.encoding import detect_encoding
from shared.errors import Text
from shared.values import ValueRefused, clean_email, parse_date

Open = Callable[[], BinaryIO]

DELIMITERS = (";", ",", "\t", "|")
SAMPLE_CHARACTERS = 256 * 1024
SAMPLE_ROWS = 200
HEADING_WITHIN = 10
"""Titles and dates of print may stand above the heading, within this many rows."""

SHOWN_SAMPLES = 3
LONGEST_SAMPLE = 100

_MAGIC = (
    (
        b"PK\x03\x04",
        Text("a spreadsheet or an archive", de="eine Tabellenkalkulation oder ein Archiv"),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        Text("an old or protected Office file", de="eine alte oder geschützte Office-Datei"),
    ),
    (b"%PDF", Text("a PDF", de="ein PDF")),
    (b"\x89PNG", Text("a picture", de="ein Bild")),
    (b"\xff\xd8\xff", Text("a picture", de="ein Bild")),
    (b"GIF8", Text("a picture", de="ein Bild")),
    (b"\x1f\x8b", Text("a compressed file", de="eine komprimierte Datei")),
    (b"{\\rtf", Text("a text document", de="ein Textdokument")),
    (b"SQLite format 3", Text("a database", de="eine Datenbank")),
)
_BINARY = Text("a binary file", de="eine Binärdatei")
_PAGE = Text("a web page", de="eine Webseite")


class Column(msgspec.Struct, kw_only=True):
    """A column by its name, which is unique in the file."""

    name: str
    samples: list[str] = []
    target: str | None = None


class Detected(msgspec.Struct, kw_only=True):
    """What was understood of a file."""

    format: str = "csv"
    encoding: str
    delimiter: str
    sheet: str | None = None
    heading_line: int | None
    """Where the heading stands; None if the file has none."""
    rows: int = 0
    columns: list[Column] = []

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def detect(
    open_stream: Open, filename: str, *, encoding: str | None = None, delimiter: str | None = None
) -> Detected:
    """Look at a file. What is given as `encoding` or `delimiter` was chosen by hand and is not guessed.

    Raises FileEmpty, NotATable and TooManyColumns.
    """
    _refuse_other_formats(open_stream, filename)
    encoding = encoding or detect_encoding(open_stream)
    delimiter = delimiter or _delimiter(_sample(open_stream, encoding, filename))
    table = Delimited(open_stream, encoding=encoding, delimiter=delimiter)
    first = list(islice(table.rows(), SAMPLE_ROWS))
    if not first:
        raise FileEmpty(filename=filename)
    widest = max(len(row.cells) for row in first)
    if widest > 2 * MOST_COLUMNS:
        raise TooManyColumns(found=widest, limit=MOST_COLUMNS)
    heading = _heading(first)
    cells = heading.cells if heading else [""] * widest
    width = _width(cells, first)
    if width > MOST_COLUMNS:
        raise TooManyColumns(found=width, limit=MOST_COLUMNS)
    detected = Detected(
        encoding=encoding,
        delimiter=delimiter,
        heading_line=heading.line if heading else None,
        columns=[Column(name=name) for name in unique_names(cells[:width])],
    )
    for row in data_rows(open_stream, detected):
        detected.rows += 1
        if detected.rows <= SAMPLE_ROWS and row.fault is None:
            _show(detected.columns, row.cells)
    return detected


def data_rows(open_stream: Open, detected: Detected) -> Iterable[Row]:
    """Yield the file's rows below its heading."""
    table = Delimited(
        open_stream,
        encoding=detected.encoding,
        delimiter=detected.delimiter,
        width=len(detected.columns),
    )
    heading_line = detected.heading_line or 0
    return (row for row in table.rows() if row.line > heading_line)


def foreign_numbers(columns: Sequence[Column], is_ours: Callable[[int], bool]) -> list[str]:
    """Return the columns that look like customer numbers but hold another system's.

    With such numbers nobody would be found and every row refused; numbers of our own all exist.
    """
    return [
        column.name
        for column in columns
        if is_number_heading(column.name)
        and column.samples
        and not any(map(is_ours, _numbers(column.samples)))
    ]


def _numbers(cells: Sequence[str]) -> list[int]:
    return [int(cell) for cell in cells if cell.isascii() and cell.isdigit() and len(cell) < 19]


def unique_names(headings: Sequence[str]) -> list[str]:
    """Return a name for each column: the heading on one line, numbered if it is empty or stands twice."""
    names: list[str] = []
    taken: set[str] = set()
    for position, heading in enumerate(headings, start=1):
        readable = "".join(c if c.isprintable() else " " for c in heading)
        plain = " ".join(readable.split())[:200] or f"Spalte {position}"
        name, again = plain, 2
        while name in taken:
            name, again = f"{plain} ({again})", again + 1
        taken.add(name)
        names.append(name)
    return names


def _refuse_other_formats(open_stream: Open, filename: str) -> None:
    with open_stream() as stream:
        head = stream.read(4096)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileEmpty(filename=filename)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise NotATable(filename=filename, kind=kind)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower() in (b"<!doctype", b"<html>"):
        raise NotATable(filename=filename, kind=_PAGE)


def _sample(open_stream: Open, encoding: str, filename: str) -> str:
    with open_stream() as stream:
        raw = stream.read(SAMPLE_CHARACTERS * (2 if encoding.startswith("utf-16") else 1))
    text = raw.decode(encoding, errors="replace")
    odd = sum(text.count(chr(code)) for code in (*range(9), *range(14, 32)))
    if odd * 10 > len(text):
        raise NotATable(filename=filename, kind=_BINARY)
    return text


def _delimiter(sample: str) -> str:
    first, _, _rest = sample.partition("\n")
    told = SEPARATOR_LINE.fullmatch(first.strip("\ufeff\r"))
    if told:
        return told[1]
    return max(DELIMITERS, key=lambda delimiter: _fitness(sample, delimiter))


def _fitness(sample: str, delimiter: str) -> float:
    """How well the delimiter makes a table: known headings, and rows of one width, the wider the better."""
    rows = list(islice(_parsed(sample, delimiter), SAMPLE_ROWS))
    widths = Counter(len(row) for row in rows if any(row))
    if not widths:
        return 0.0
    width, count = widths.most_common(1)[0]
    known = max(_known(row) for row in rows[:HEADING_WITHIN])
    if width == 1:
        return 0.1 * known
    return known + count / widths.total() * math.sqrt(min(width, 30))


def _known(cells: Sequence[str]) -> int:
    return sum(map(is_known, cells[:MOST_COLUMNS]))


def _parsed(sample: str, delimiter: str) -> Iterable[list[str]]:
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _heading(rows: Sequence[Row]) -> Row | None:
    """The row that names the columns: the one with most known headings among the first, else the first.

    None if there is no known heading and the first row already holds data.
    """
    usual = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    first = [row for row in rows[:HEADING_WITHIN] if len(row.cells) * 2 > usual or row is rows[0]]
    best = max(first, key=lambda row: _known(row.cells))
    if _known(best.cells):
        return best
    full = [row for row in first if sum(1 for cell in row.cells if cell.strip()) * 2 > usual]
    candidate = (full or first)[0]
    return None if any(map(_is_data, candidate.cells)) else candidate


def _is_data(cell: str) -> bool:
    for read in (clean_email, parse_date):
        try:
            read(cell)
        except ValueRefused:
            continue
        return True
    return False


def _width(cells: Sequence[str], rows: Sequence[Row]) -> int:
    """The heading's width without empty columns at its end: those without name and without data."""
    used = [position for position, cell in enumerate(cells) if cell.strip()]
    for row in rows:
        used += [position for position, cell in enumerate(row.cells[: len(cells)]) if cell.strip()]
    return max(used, default=0) + 1


def _show(columns: Sequence[Column], cells: Sequence[str]) -> None:
    for column, cell in zip(columns, cells, strict=False):
        shown = cell.strip()[:LONGEST_SAMPLE]
        if shown and len(column.samples) < SHOWN_SAMPLES and shown not in column.samples:
            column.samples.append(shown)
