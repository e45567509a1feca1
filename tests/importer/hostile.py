"""Files that hurt: each with what must become of it. Made here, so that none lies around.

`outcome` is "refused" (the upload says why; behind a colon stands what it says), or a function of the
finished import that must hold. Whatever it is: the answer is never a 5xx, and the worker lives.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

Progress = dict[str, int]


class Hostile(NamedTuple):
    name: str
    content: bytes
    outcome: str | Callable[[Progress], bool]


def counts(**expected: int) -> Callable[[Progress], bool]:
    return lambda progress: all(progress[name] == count for name, count in expected.items())


HEAD = "Nachname;E-Mail;Notiz\r\n"
GOOD = "Meier;meier@example.com;\r\n"


def text(body: str, encoding: str = "utf-8") -> bytes:
    return body.encode(encoding)


def files() -> Iterator[Hostile]:
    yield from broken()
    yield from shapes()
    yield from encodings()
    yield from cells()


def broken() -> Iterator[Hostile]:
    yield Hostile("empty", b"", "refused")
    yield Hostile("white space", b" \r\n\t \n", "refused")
    yield Hostile("only a mark", b"\xef\xbb\xbf", "refused")
    yield Hostile("only delimiters", b";;;\r\n;;;\r\n", "refused")
    yield Hostile("zeros", b"\0" * 5000, "refused")
    yield Hostile("noise", random.Random(1).randbytes(20_000), "refused")
    yield Hostile("address book", b"BEGIN:VCARD\r\nFN:Meier\r\nEND:VCARD\r\n", "refused: vCards")
    yield Hostile("xml", b'\xef\xbb\xbf<?xml version="1.0"?><a>1;2</a>', "refused: an XML document")
    yield Hostile("web page in utf-16", "<html><body>1;2".encode("utf-16"), "refused: a web page")
    yield Hostile("other archive", b"7z\xbc\xaf\x27\x1c" + b"\0" * 99, "refused: an archive")
    yield Hostile("pdf", b"%PDF-1.7\n" + b"x" * 200, "refused")
    yield Hostile("picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "refused")
    yield Hostile("compressed", b"\x1f\x8b\x08" + zlib.compress(b"x" * 1000), "refused")
    yield Hostile(
        "web page", b"<!DOCTYPE html><html><body>Nachname;E-Mail</body></html>", "refused"
    )
    yield Hostile("database", b"SQLite format 3\0" + b"\0" * 200, "refused")
    yield Hostile("no columns that say who", text("Farbe;Form\r\nrot;rund\r\n"), "refused")
    yield Hostile("json", text(json.dumps([{"name": "Meier"}] * 20)), "refused")
    yield Hostile(
        "10,000 columns", text(";".join(f"Spalte{n}" for n in range(10_000)) + "\r\n"), "refused"
    )


def shapes() -> Iterator[Hostile]:
    yield Hostile("heading alone", text(HEAD), counts(rows_total=0, failed=0))
    yield Hostile("heading without line end", text(HEAD.rstrip()), counts(rows_total=0))
    yield Hostile("no line end at the end", text(HEAD + GOOD.rstrip()), counts(created=1))
    yield Hostile("line feeds", text((HEAD + GOOD).replace("\r\n", "\n")), counts(created=1))
    yield Hostile("carriage returns", text((HEAD + GOOD).replace("\r\n", "\r")), counts(created=1))
    yield Hostile("mixed line ends", text(HEAD + "A;;\nB;;\rC;;\r\n"), counts(created=3))
    yield Hostile(
        "blank rows",
        text(HEAD + "\r\n;;\r\n  ; ;\r\n" + GOOD + "\r\n\r\n"),
        counts(created=1, rows_total=1),
    )
    yield Hostile(
        "short rows", text(HEAD + "Meier;\r\nHuber;huber@example.com\r\n"), counts(created=2)
    )
    yield Hostile("footer", text(HEAD + GOOD + "Summe: 1 Kunde\r\n"), counts(created=1, failed=1))
    yield Hostile(
        "long row", text(HEAD + "Meier;;;zu viel\r\n" + GOOD), counts(created=1, failed=1)
    )
    yield Hostile("long row of nothing", text(HEAD + "Meier;;;;;;\r\n"), counts(created=1))
    yield Hostile(
        "delimiter at the end",
        text("Nachname;E-Mail;\r\nMeier;meier@example.com;\r\n"),
        counts(created=1),
    )
    yield Hostile(
        "title above",
        text("Kundenliste\r\nStand 1.1.2026;;\r\n\r\n" + HEAD + GOOD),
        counts(created=1, failed=0),
    )
    yield Hostile(
        "told delimiter",
        text("sep=|\r\nNachname|Firma\r\nMeier; Huber|A;B;C\r\n"),
        counts(created=1),
    )
    yield Hostile(
        "same heading twice",
        text("Nachname;Nachname;E-Mail;E-Mail\r\nA;B;a@example.com;b@example.com\r\n"),
        counts(created=1),
    )
    yield Hostile("headings without names", text("Nachname;;\r\nMeier;x;y\r\n"), counts(created=1))
    yield Hostile(
        "no heading", text("Meier;meier@example.com\r\nHuber;huber@example.com\r\n"), "refused"
    )
    yield Hostile(
        "quotes never closed",
        text(HEAD + 'Meier;;"offen\r\n' + GOOD * 3),
        counts(created=1, unchanged=2, failed=1),
    )
    yield Hostile(
        "quote swallows a row",
        text(HEAD + 'A;"a@example.com;x\r\nB;b@example.com;"y"\r\n' + GOOD),
        counts(failed=1, created=2),
    )
    yield Hostile(
        "quotes open on each line",
        text(HEAD + 'A;;"\r\n' * 99),
        counts(rows_done=50, created=49, failed=1),
    )
    yield Hostile(
        "quotes in the middle", text(HEAD + 'Meier "Max" Huber;;5" Rohr\r\n'), counts(created=1)
    )
    yield Hostile(
        "line breaks in cells",
        text(HEAD + 'Meier;;"eins\r\nzwei\n\ndrei"\r\n' + GOOD),
        counts(created=2),
    )
    yield Hostile("tabs", text((HEAD + GOOD).replace(";", "\t")), counts(created=1))
    yield Hostile("commas", text((HEAD + GOOD).replace(";", ",")), counts(created=1))
    yield Hostile(
        "times mislead", text("Zeit;Nachname\r\n" + "12:30:45;Meier\r\n" * 5), counts(created=5)
    )
    yield Hostile(
        "json in cells",
        text('Nachname;Notiz\r\nMeier;"{""a"": [1, 2, {""b"": "";,|""}]}"\r\n'),
        counts(created=1),
    )
    yield Hostile(
        "commas in text",
        text("Nachname;Notiz\r\n" + "Meier;eins, zwei, drei, vier\r\n" * 5),
        counts(created=5),
    )
    yield Hostile(
        "urls mislead",
        text("Nachname|Webseite\r\n" + "A|http://a.de/?b=1,2;c=3\r\n" * 5),
        counts(created=5),
    )
    yield Hostile("quotes alone", text(HEAD + '"""";;\r\n' + GOOD), counts(created=2))
    yield Hostile("told delimiter that is none", text("sep=x\r\n" + HEAD + GOOD), "refused")
    yield Hostile(
        "headings of blanks", text(" ; ;\r\nNachname;Ort;\r\nA;B;\r\n"), counts(created=1)
    )
    yield Hostile("spaces of other scripts", text("\u00a0;\u2003;\r\n" * 5), "refused")
    yield Hostile("200,000 blank lines", text(HEAD + "\r\n" * 200_000 + GOOD), counts(created=1))
    yield Hostile(
        "one column", text("E-Mail\r\na@example.com\r\nb@example.com\r\n"), counts(created=2)
    )


def encodings() -> Iterator[Hostile]:
    body = (
        "Nachname;Vorname;Straße;Notiz\r\nMüller;Jörg;Größestraße;Grüße €\r\nWeiß;Änne;Öd;Übel\r\n"
    )
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        yield Hostile(encoding, text(body, encoding), counts(created=2))
    for encoding in ("utf-32", "utf-32-le", "utf-32-be"):
        yield Hostile(encoding, text(body, encoding), counts(created=2))
    for encoding in ("mac_roman", "cp850", "iso-8859-1"):
        yield Hostile(encoding, text(body.replace(" €", ""), encoding), counts(created=2))
    yield Hostile(
        "broken byte in utf-8",
        text(HEAD + "Müller;;ä\r\n" * 60) + b"M\xfcller;;\r\n",
        counts(failed=1),
    )
    yield Hostile(
        "half a character at the end",
        text(HEAD + "Müller;;ä\r\n" * 60 + "Meier;;") + b"\xc3",
        counts(failed=1),
    )
    yield Hostile(
        "lone surrogate in utf-16",
        b"\xff\xfe" + text(HEAD + "A", "utf-16-le") + b"\x00\xd8" + text(";;\r\n", "utf-16-le"),
        counts(failed=1),
    )


def cells() -> Iterator[Hostile]:
    yield Hostile(
        "NUL in a heading", text("Nachname;Ort\0x;\x1b[31m\r\nMeier;Bonn;1\r\n"), counts(created=1)
    )
    yield Hostile("NUL", text(HEAD + "Mei\0er;;\r\n" + GOOD), counts(created=1, failed=1))
    yield Hostile(
        "escape codes", text(HEAD + "\x1b[31mMeier;;\r\n" + GOOD), counts(created=1, failed=1)
    )
    yield Hostile("vertical tab", text("Nachname;Notiz\r\nMeier;eins\vzwei\r\n"), counts(created=1))
    yield Hostile("C1 control", text(HEAD + "Mei\x85er;;\r\n"), counts(failed=1))
    yield Hostile(
        "10 MB in one cell",
        text(HEAD + "Meier;;" + "x" * 10_000_000 + "\r\n" + GOOD),
        counts(created=1, failed=1),
    )
    yield Hostile(
        "endless cell in quotes",
        text(HEAD + 'Meier;;"' + "x\r\n" * 5_000),
        counts(created=0, failed=5_000),
    )
    yield Hostile(
        "cell above a spreadsheet's",
        text(HEAD + "Meier;;" + "x" * 40_000 + "\r\n" + GOOD),
        counts(created=1, failed=1),
    )
    yield Hostile("formulas", text(HEAD + "=1+1;;@SUM(A1)\r\n+49 171;;-1\r\n"), counts(created=2))
    yield Hostile(
        "numbers that explode",
        text("Nachname;Kundennummer\r\nMeier;" + "9" * 4000 + "\r\n"),
        counts(created=1),
    )
    yield Hostile(
        "header injection",
        text(HEAD + 'Meier;"a@example.com\r\nBcc: x@example.com";\r\n'),
        counts(failed=1),
    )
    yield Hostile("script", text(HEAD + "<script>alert(1)</script>;;\r\n"), counts(created=1))
    yield Hostile("not an id", text("Nachname;Id\r\nMeier;../../etc/passwd\r\n"), counts(created=1))
    yield Hostile(
        "groups without end",
        text("Nachname;Gruppen\r\nMeier;" + "/" * 2000 + "\r\n"),
        counts(created=1),
    )
    yield Hostile(
        "many groups",
        text("Nachname;Gruppen\r\nMeier;" + "|".join(f"G{n}" for n in range(2_500)) + "\r\n"),
        counts(failed=1),
    )
    yield Hostile(
        "dates that are none",
        text("Nachname;Geburtstag\r\nA;99.99.9999\r\nB;31.2.1990\r\nC;1e9\r\n"),
        counts(failed=3),
    )
    yield Hostile("right to left", text(HEAD + "\u202eMeier;;\r\n"), counts(created=1))
    yield Hostile(
        "long heading", text("Nachname;" + "x" * 30_000 + "\r\nMeier;1\r\n"), counts(created=1)
    )
