"""Which character parts the cells of a text file."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from services.importer.detection.detected import Open
from services.importer.detection.heading import HEADING_WITHIN, SAMPLE_ROWS, known
from services.importer.errors import NotATable
from services.importer.readers.delimited import SEPARATOR_LINE
from shared.errors import Text

DELIMITERS = (";", ",", "\t", "|")
SAMPLE_CHARACTERS = 256 * 1024
_BINARY = Text("a binary file", de="eine Binärdatei")


def sample(open_stream: Open, encoding: str, filename: str) -> str:
    """Return the beginning of the file. Raises NotATable if it does not read like text."""
    width = 4 if encoding.startswith("utf-32") else 2 if encoding.startswith("utf-16") else 1
    with open_stream() as stream:
        raw = stream.read(SAMPLE_CHARACTERS * width)
    text = raw.decode(encoding, errors="replace")
    odd = sum(text.count(chr(code)) for code in (*range(9), *range(14, 32)))
    if odd * 10 > len(text):
        raise NotATable(filename=filename, kind=_BINARY)
    return text


def delimiter_of(text: str) -> str:
    first, _, _rest = text.partition("\n")
    told = SEPARATOR_LINE.fullmatch(first.strip("\ufeff\r"))
    if told:
        return told[1]
    return max(DELIMITERS, key=lambda delimiter: _fitness(text, delimiter))


def _fitness(text: str, delimiter: str) -> float:
    """How well the delimiter makes a table: known headings, and rows of one width, the wider the better."""
    rows = list(islice(_parsed(text, delimiter), SAMPLE_ROWS))
    widths = Counter(len(row) for row in rows if any(row))
    if not widths:
        return 0.0
    width, count = widths.most_common(1)[0]
    best = max(known(row) for row in rows[:HEADING_WITHIN])
    if width == 1:
        return 0.1 * best
    return best + count / widths.total() * math.sqrt(min(width, 30))


def _parsed(text: str, delimiter: str) -> Iterable[list[str]]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
