"""Cells of an XLSX sheet whose value is an error or missing; to the reader of values both look empty.

An empty cell leaves a customer's data alone or, if somebody chose so, clears it. `#N/A` must do neither.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from posixpath import join, normpath

from services.importer.spreadsheets.package import pieces

NO_RESULT = "#FORMULA!"
"""Stands for a formula that no program has computed yet."""

MOST_FAULTS = 100_000
LONGEST_TAG = 1 << 16

_CELL = re.compile(rb"<c\s([^>]*)>(.*?)</c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<v>([^<]{1,40})</v>")
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

Place = tuple[int, int]


def faults_of(archive: zipfile.ZipFile, sheet: str) -> dict[Place, str]:
    """Return the text of such cells by row and column, both from 0."""
    path = _path_of(archive, sheet)
    if path is None:
        return {}
    found: dict[Place, str] = {}
    for place, text in _faults(pieces(archive, path)):
        found[place] = text
        if len(found) >= MOST_FAULTS:
            break
    return found


def _faults(read: Iterator[bytes]) -> Iterator[tuple[Place, str]]:
    rest = b""
    for piece in read:
        block = rest + piece
        end = block.rfind(b"</c>") + 4
        if end < 4:
            rest = block if len(block) < 16 * LONGEST_TAG else b""
            continue
        rest = block[end:]
        if b't="e"' in block or b"<f" in block:
            yield from _faults_in(block[:end])


def _faults_in(block: bytes) -> Iterator[tuple[Place, str]]:
    for found in _CELL.finditer(block):
        tag, inner = found.groups()
        if tag.endswith(b"/"):
            # `<c r="A1"/>` has no end tag of its own: the match ran into the next cell.
            tag, inner = _last_cell(found[0])
        if b't="e"' in tag:
            value = _VALUE.search(inner)
            text = value[1].decode("ascii", "replace") if value else "#N/A"
        elif (
            b"<f" in inner
            and b"<v>" not in inner.replace(b"<v></v>", b"")
            and b't="str"' not in tag
        ):
            text = NO_RESULT
        else:
            continue
        if place := _PLACE.search(tag):
            yield (int(place[2]) - 1, _column(place[1])), text


def _last_cell(text: bytes) -> tuple[bytes, bytes]:
    start = text.rfind(b"<c ")
    tag, _, inner = text[start + 3 :].partition(b">")
    return tag, inner


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _path_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the sheet's part of the archive."""
    try:
        workbook = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return None
    ids = {
        _attributes(tag).get("name"): _attributes(tag).get("r:id")
        for tag in _SHEET.findall(workbook)
    }
    targets = {
        _attributes(tag).get("Id"): _attributes(tag).get("Target", "")
        for tag in _RELATION.findall(relations)
    }
    target = targets.get(ids.get(sheet))
    if not target:
        return None
    path = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    return path if path in archive.NameToInfo else None


def _attributes(tag: str) -> dict[str, str]:
    return {name: unescape(one or other) for name, one, other in _ATTRIBUTE.findall(tag)}
