"""What kind of file it is, by its first bytes. Its name says little: everything is called .csv or .xls."""

from __future__ import annotations

from services.importer.detection.detected import Open
from services.importer.errors import FileEmpty, NotATable
from shared.errors import Text

_SPREADSHEETS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
"""Zip: XLSX, ODS, and much else. OLE2: XLS, protected XLSX, and much else. The reader knows them apart."""

_MAGIC = (
    (b"%PDF", Text("a PDF", de="ein PDF")),
    (b"\x89PNG", Text("a picture", de="ein Bild")),
    (b"\xff\xd8\xff", Text("a picture", de="ein Bild")),
    (b"GIF8", Text("a picture", de="ein Bild")),
    (b"\x1f\x8b", Text("a compressed file", de="eine komprimierte Datei")),
    (b"7z\xbc\xaf\x27\x1c", Text("an archive", de="ein Archiv")),
    (b"Rar!\x1a\x07", Text("an archive", de="ein Archiv")),
    (b"BZh", Text("a compressed file", de="eine komprimierte Datei")),
    (b"\xfd7zXZ\x00", Text("a compressed file", de="eine komprimierte Datei")),
    (b"{\\rtf", Text("a text document", de="ein Textdokument")),
    (b"SQLite format 3", Text("a database", de="eine Datenbank")),
    (b"BEGIN:VCARD", Text("an address book of vCards", de="ein Adressbuch aus vCards")),
    (b"BEGIN:VCALENDAR", Text("a calendar", de="ein Kalender")),
)
_MARKUP = (
    (
        (b"<!doctype", b"<html"),
        Text("a web page", de="eine Webseite"),
    ),
    (
        (b"<?xml",),
        Text("an XML document", de="ein XML-Dokument"),
    ),
)
_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_HEAD = 4096


def is_spreadsheet(open_stream: Open) -> bool:
    """True for what only a reader of spreadsheets can tell more about."""
    with open_stream() as stream:
        return stream.read(4).startswith(_SPREADSHEETS)


def refuse_other_formats(open_stream: Open, filename: str) -> None:
    """Raise FileEmpty or NotATable for what is surely not text with delimiters."""
    with open_stream() as stream:
        head = stream.read(_HEAD)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileEmpty(filename=filename)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise NotATable(filename=filename, kind=kind)
    # In UTF-16 every other byte is zero.
    plain = head.lstrip(_MARKS).replace(b"\0", b"")[:9].lower()
    for beginnings, kind in _MARKUP:
        if plain.startswith(beginnings):
            raise NotATable(filename=filename, kind=kind)
