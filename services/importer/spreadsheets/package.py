"""Looking into the zip that an XLSX or ODS file is, before anything unpacks it for good.

Sizes that the archive declares are checked first, then all of it is unpacked once, piece by piece, and
counted: what a stranger declares is no promise.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from services.importer.spreadsheets.limits import MIB
from services.importer.spreadsheets.refusal import Refused

MOST_ENTRIES = 2_000
MOST_RATIO = 100
SMALL = 10 * MIB
"""Below this nobody asks how well something was packed: rows of nothing pack very well."""

PIECE = 1 << 18
_OVERLAP = 64
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError)


def kind_of(stream: BinaryIO, unpacked_mb: int) -> tuple[str, int]:
    """Return "xlsx" or "ods", and the bytes it unpacks to. Raises Refused for everything else, and for what
    would unpack too large.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise Refused("too_many_entries", found=len(entries), limit=MOST_ENTRIES)
            if any(entry.flag_bits & 1 for entry in entries):
                raise Refused("protected")
            _check_declared(entries, unpacked_mb)
            kind = _kind(archive)
            size = _unpacked(archive, entries, unpacked_mb)
    except _BROKEN:
        raise Refused("damaged") from None
    return kind, size


def _check_declared(entries: list[zipfile.ZipInfo], unpacked_mb: int) -> None:
    if sum(entry.file_size for entry in entries) > unpacked_mb * MIB:
        raise Refused("unpacks_too_large", limit=unpacked_mb)
    for entry in entries:
        if entry.file_size > max(SMALL, MOST_RATIO * entry.compress_size):
            raise Refused("packed_too_tight", limit=MOST_RATIO)


def _kind(archive: zipfile.ZipFile) -> str:
    names = {name.lower().replace("\\", "/").lstrip("/") for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        raise Refused("binary_workbook")
    if "[content_types].xml" in names and any(
        name.startswith("xl/workbook") and name.endswith(".xml") for name in names
    ):
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        with archive.open("mimetype") as stream:
            if stream.read(200).strip().startswith(_ODS):
                if "manifest:encryption-data" in _manifest(archive):
                    raise Refused("protected")
                return "ods"
    raise Refused("other_archive")


def _manifest(archive: zipfile.ZipFile) -> str:
    try:
        with archive.open("META-INF/manifest.xml") as stream:
            return stream.read(MIB).decode("utf-8", "replace")
    except KeyError:
        return ""


def _unpacked(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], unpacked_mb: int) -> int:
    total = 0
    for entry in entries:
        markup = entry.filename.lower().endswith((".xml", ".rels"))
        before = b""
        for piece in pieces(archive, entry.filename):
            total += len(piece)
            if total > unpacked_mb * MIB:
                raise Refused("unpacks_too_large", limit=unpacked_mb)
            if markup and _DOCTYPE.search(before + piece):
                raise Refused("entities")
            before = piece[-_OVERLAP:]
    return total


def pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as stream:
        while piece := stream.read(PIECE):
            yield piece
