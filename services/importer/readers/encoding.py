"""Which encoding a text file has: sure where the bytes prove it, else by what reads like German.

Detectors that know every code page take German Windows-1252 for Central European ("Hélène" becomes
"Hélčne"). Here only the encodings stand for election that German files really have.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import BinaryIO

BLOCK = 1 << 20
ENOUGH_RUNS = 5_000
LONGEST_RUN = 1_024

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "cp1252",
    "iso-8859-1",
    "iso-8859-15",
    "mac_roman",
    "cp850",
    "cp1250",
)
"""What may be chosen by hand."""

_MARKS = (
    # Before UTF-16, whose mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
_RUN = re.compile(rb"[\x80-\xff]+")
_LIKELY = {
    **dict.fromkeys("äöüßÄÖÜ", 2.0),
    **dict.fromkeys("éèêëàáâãåçíìîïñóòôõúùûøæœÉÈÀÁÅÇÑÓØš", 1.0),
    **dict.fromkeys("€–—„“”‚‘’»«…°§²³®©™´·•½\u00a0", 0.5),
}


def detect_encoding(open_stream: Callable[[], BinaryIO]) -> str:
    """Return one of ENCODINGS. Reads on until it has seen enough letters that are not ASCII:

    in a file with a single umlaut, that one decides, be it on the last line.
    """
    with open_stream() as stream:
        head = stream.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if wide := _wide_without_mark(head):
        return wide
    runs = list(islice(_high_runs(open_stream), ENOUGH_RUNS))
    # A few broken bytes do not make a UTF-8 file another one; their rows will be reported.
    if sum(map(_is_utf8, runs)) * 20 >= len(runs) * 19:
        return "utf-8"
    return max(_SINGLE_BYTE, key=lambda encoding: sum(_likeness(run, encoding) for run in runs))


def _wide_without_mark(head: bytes) -> str | None:
    """ASCII letters in UTF-16 have a NUL on one side, always the same; in UTF-32 three of them."""
    zeros = [head[place::4].count(0) * 4 for place in range(4)]
    if min(zeros[1:]) > len(head) * 0.9 > 3:
        return "utf-32-le"
    if min(zeros[:3]) > len(head) * 0.9 > 3:
        return "utf-32-be"
    half = len(head) // 2
    if half < 2:
        return None
    even, odd = head[0 : half * 2 : 2].count(0), head[1 : half * 2 : 2].count(0)
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _high_runs(open_stream: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """Yield each run of bytes above 127 with the character on each side of it."""
    with open_stream() as stream:
        rest = b" "
        while block := stream.read(BLOCK):
            # A run must not be cut: what ends in one waits for the next block.
            block = rest + block
            cut = len(block)
            while cut > len(block) - LONGEST_RUN and block[cut - 1] > 127:
                cut -= 1
            yield from _runs_in(block[:cut])
            rest = block[cut - 1 :]
        yield from _runs_in(rest)


def _runs_in(block: bytes) -> Iterator[bytes]:
    if not block.isascii():
        for found in _RUN.finditer(block):
            yield block[max(found.start() - 1, 0) : found.end() + 1]


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _likeness(run: bytes, encoding: str) -> float:
    """Return how much the run reads like a word in `encoding`; below zero if it cannot be one."""
    text = run.decode(encoding, errors="replace")
    score = 0.0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character > "\x7f":
            score += _fits(before, character, after)
    for before, after in pairwise(text):
        if before.islower() and after.isupper():
            score -= 2.0  # StraÄe, äZitat
    return score


def _fits(before: str, character: str, after: str) -> float:
    beside = before.isalpha() + after.isalpha()
    if not character.isalpha():
        if beside == 2:
            return -2.0  # M¸ller
        return _LIKELY.get(character, -5.0 if character < "\xa0" or character == "\ufffd" else -1.0)
    if not beside or (before.isalpha() and character.isupper() and after.islower()):
        return -1.0  # Preis 5 Ä, HÄlène
    return _LIKELY.get(character, -1.0)
