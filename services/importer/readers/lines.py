"""Physical lines for the CSV parser, with a memory of the record that is being read.

An opening quote that nobody closed makes a CSV parser swallow the rest of the file as one cell. The lines
of the present record are kept, so that after such a row reading goes on with the line behind its first.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from services.importer.errors import QuotesBroken
from services.importer.readers.table import LONGEST_RECORD

MOST_LINES = 200
MOST_READ_AGAIN = 64 * 1024 * 1024
"""Characters: a file that is broken on every line must not be read two hundred times."""


class Unclosed(Exception):
    """The record did not end: end of file, or too many lines or characters, inside quotes."""


class TooLong(Exception):
    """A single line is longer than any record may be. Its rest was skipped."""


class Lines:
    """An iterator over lines that end in `\\n`, whatever they ended in. `number` is the last one's."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._readline = io.TextIOWrapper(
            stream, encoding=encoding, errors="replace", newline=None
        ).readline
        self._again: list[str] = []
        self._record: list[str] = []
        self.length = 0
        self._read_again = 0
        self.number = 0
        self.suspicious = False
        self.repeated = False

    def begin(self) -> None:
        """Forget the lines of the record before."""
        self._record.clear()
        self.length = 0
        self.suspicious = False
        self.repeated = bool(self._again)

    @property
    def record_lines(self) -> int:
        return len(self._record)

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._readline(LONGEST_RECORD)
        if not line:
            if self._record:
                raise Unclosed
            raise StopIteration
        self.number += 1
        self._record.append(line)
        self.length += len(line)
        if len(line) >= LONGEST_RECORD and line[-1] != "\n":
            self._skip_rest()
            raise TooLong
        if len(self._record) > MOST_LINES or self.length > LONGEST_RECORD:
            raise Unclosed
        if "\ufffd" in line or not line[:-1].isprintable():
            self.suspicious = True
        return line

    def rewind(self) -> str:
        """Return the record's first line; those behind it will be read again."""
        first, *rest = self._record
        self.number -= len(rest)
        self._again.extend(reversed(rest))
        self._read_again += self.length
        if self._read_again > MOST_READ_AGAIN:
            raise QuotesBroken(line=self.number)
        self.begin()
        return first

    def _skip_rest(self) -> None:
        while (piece := self._readline(LONGEST_RECORD)) and piece[-1] != "\n":
            pass
