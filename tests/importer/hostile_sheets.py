"""Spreadsheets that hurt, each with what must become of it."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from tests.importer.books import (
    MAIN,
    ODS_TYPE,
    ods_parts,
    ods_row,
    ods_table,
    sheet_xml,
    xls,
    xlsx,
    xlsx_parts,
    zipped,
)
from tests.importer.hostile import Hostile, counts

HEAD = ["Nachname", "Ort"]
GOOD = ["Meier", "Bonn"]
ROWS = sheet_xml(HEAD, GOOD)
MIB = 1024 * 1024
WIDE = "table:number-columns-repeated"


def sheets() -> Iterator[Hostile]:
    yield from archives()
    yield from bombs()
    yield from protected()
    yield from markup()
    yield from places()
    yield from values()
    yield from opendocument()


def book(sheet: str, strings: str | None = None, **extra: str | bytes) -> bytes:
    return zipped(xlsx_parts(sheet, strings=strings, extra=extra))


def data(inside: str, before: str = "", after: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{inside}</sheetData>{after}</worksheet>'


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


NAMES = row(1, cell("A1", "Nachname"), cell("B1", "Ort"))
MEIER = row(2, cell("A2", "Meier"))


def archives() -> Iterator[Hostile]:
    whole = book(ROWS)
    yield Hostile(
        "zip of a text", zipped({"kunden.csv": "Nachname\r\nMeier\r\n"}), "refused: archive"
    )
    yield Hostile("zip in a zip", zipped({"a.zip": zipped({"b.zip": whole})}), "refused: archive")
    yield Hostile("empty zip", zipped({}), "refused: archive")
    yield Hostile("half a workbook", whole[: len(whole) // 2], "refused: damaged")
    yield Hostile("workbook without its end", whole[:-30], "refused: damaged")
    yield Hostile("workbook with garbage in the middle", _broken(whole), "refused: damaged")
    yield Hostile("zip of zeros", b"PK\x03\x04" + b"\0" * 5000, "refused: damaged")
    yield Hostile(
        "zip of noise", b"PK\x03\x04" + random.Random(2).randbytes(9000), "refused: damaged"
    )
    yield Hostile(
        "word document",
        zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}),
        "refused: archive",
    )
    yield Hostile(
        "open text document",
        zipped({"mimetype": ODS_TYPE.replace("spreadsheet", "text"), "content.xml": "<x/>"}),
        "refused: archive",
    )
    yield Hostile(
        "binary workbook",
        zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\0" * 99}),
        "refused: xlsb",
    )
    yield Hostile(
        "names that climb",
        book(
            ROWS,
            **{
                "../../../../etc/cron.d/x": "* * * * *",
                "/etc/passwd": "x",
                "..\\..\\boot.ini": "x",
            },
        ),
        counts(created=1),
    )
    yield Hostile(
        "macros",
        book(ROWS, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"Auto_Open" * 100}),
        counts(created=1),
    )
    yield Hostile("two workbooks in one file", _twice(), counts(created=1))
    yield Hostile(
        "workbook without sheets",
        book(ROWS, **{"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets/></workbook>'}),
        "refused: No sheet",
    )
    yield Hostile("sheet that is missing", _without("xl/worksheets/sheet1.xml"), "refused: damaged")
    yield Hostile(
        "relations that are missing", _without("xl/_rels/workbook.xml.rels"), "refused: damaged"
    )
    yield Hostile("nothing in it", xlsx(), "refused: No sheet")
    yield Hostile(
        "old office file of zeros",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000,
        "refused: another program",
    )
    yield Hostile(
        "old office file of noise",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(3).randbytes(20_000),
        "refused: another program",
    )
    yield Hostile("old workbook of noise", _noise_in(xls([HEAD, GOOD] * 50)), "refused")
    yield Hostile(
        "half an old workbook", xls([HEAD, *[GOOD] * 2000])[:20_000], "refused: another program"
    )
    yield Hostile("workbook under a text", b"Nachname;Ort\r\n" + whole, "refused")


def bombs() -> Iterator[Hostile]:
    nothing = b"\0" * (64 * MIB)
    yield Hostile(
        "zip bomb",
        book(ROWS, **{f"xl/media/{n}.png": nothing for n in range(4)}),
        "refused: unpacks to more than",
    )
    yield Hostile(
        "zip bomb in one part",
        book(ROWS, **{"xl/media/1.png": nothing}),
        "refused: is packed more than",
    )
    yield Hostile(
        "zip bomb that lies",
        _declared_small(book(ROWS, **{"xl/media/1.png": nothing})),
        "refused: damaged",
    )
    yield Hostile(
        "3,000 parts",
        book(ROWS, **{f"xl/media/{n}.png": b"x" for n in range(3000)}),
        "refused: parts",
    )
    yield Hostile(
        "spaces that unpack to a long cell",
        book(data(NAMES + row(2, cell("A2", "x" * 5 * MIB)))),
        counts(failed=1),
    )
    long = "<si><t>" + "x" * 32_000 + "</t></si>"
    again = "".join(row(n, f'<c r="A{n}" t="s"><v>0</v></c>') for n in range(1, 60_001))
    yield Hostile(
        "a long text 60,000 times",
        book(data(again), f'<sst xmlns="{MAIN}">{long}</sst>'),
        "refused: of memory",
    )
    yield Hostile(
        "cells at both ends of the sheet",
        book(data(NAMES + row(1048576, cell("XFD1048576", "x")))),
        "refused: of memory",
    )
    yield Hostile(
        "a million merged ranges",
        book(
            sheet_xml(
                HEAD,
                GOOD,
                after="<mergeCells>"
                + '<mergeCell ref="A1:XFD1048576"/>' * 200_000
                + "</mergeCells>",
            )
        ),
        counts(created=1),
    )
    yield Hostile(
        "one merged range of everything",
        book(
            sheet_xml(
                HEAD,
                GOOD,
                after='<mergeCells count="1"><mergeCell ref="A3:XFD1048576"/></mergeCells>',
            )
        ),
        counts(created=1),
    )


def protected() -> Iterator[Hostile]:
    yield Hostile("encrypted workbook", _compound("EncryptedPackage"), "refused: password")
    yield Hostile("encrypted old workbook", _filepass(xls([HEAD, GOOD])), "refused: password")
    yield Hostile(
        "encrypted open document",
        zipped(
            ods_parts(
                "",
                manifest="<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
            )
        ),
        "refused: password",
    )
    yield Hostile("encrypted zip", _flagged(book(ROWS)), "refused: password")


def markup() -> Iterator[Hostile]:
    laughs = (
        '<!DOCTYPE x [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY a{n} "{"&a%s;" % (n - 1 or "") * 10}">' for n in range(1, 10))
        + "]>"
    )
    yield Hostile(
        "billion laughs",
        book(laughs + data(NAMES + row(2, cell("A2", "&a9;")))),
        "refused: entities",
    )
    yield Hostile(
        "quadratic entities",
        book(
            ROWS,
            '<!DOCTYPE x [<!ENTITY a "'
            + "x" * 50_000
            + f'">]><sst xmlns="{MAIN}"><si><t>{"&a;" * 50_000}</t></si></sst>',
        ),
        "refused: entities",
    )
    yield Hostile(
        "entity of a file",
        book(
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            + data(NAMES + row(2, cell("A2", "&a;")))
        ),
        "refused: entities",
    )
    yield Hostile(
        "document type in open document",
        zipped(
            ods_parts(ods_table(ods_row(*HEAD)), before='<!DOCTYPE x SYSTEM "http://127.0.0.1/x">')
        ),
        "refused: entities",
    )
    yield Hostile(
        "entity that nobody defined",
        book(data(NAMES + row(2, cell("A2", "&nobody;")))),
        "refused: damaged",
    )
    yield Hostile("sheet cut off", book(ROWS[: len(ROWS) // 2]), "refused: damaged")
    yield Hostile("sheet that is no markup", book("Nachname;Ort"), "refused")
    yield Hostile(
        "deep markup",
        book(data(NAMES + MEIER, before="<a>" * 100_000 + "</a>" * 100_000)),
        counts(created=1),
    )
    yield Hostile(
        "markup in UTF-16",
        zipped(
            xlsx_parts("")
            | {
                "xl/worksheets/sheet1.xml": (
                    '<?xml version="1.0" encoding="UTF-16"?>' + ROWS
                ).encode("utf-16")
            }
        ),
        "refused",
    )
    yield Hostile(
        "100,000 attributes",
        book(
            data(NAMES + MEIER).replace(
                '<row r="2"', '<row r="2" ' + " ".join(f'a{n}="1"' for n in range(100_000))
            )
        ),
        counts(created=1),
    )


def places() -> Iterator[Hostile]:
    lie = '<dimension ref="A1:XFD1048576"/>'
    yield Hostile(
        "a dimension that lies",
        book(sheet_xml(HEAD, GOOD, before=lie)),
        counts(created=1, rows_total=1),
    )
    yield Hostile(
        "a dimension that is none",
        book(sheet_xml(HEAD, GOOD, before='<dimension ref="ZZZZ99:A"/>')),
        "refused: damaged",
    )
    yield Hostile(
        "the last row",
        book(data(NAMES + row(1048576, cell("A1048576", "Meier")))),
        counts(created=1, rows_total=1),
    )
    yield Hostile(
        "a row behind the last",
        book(data(NAMES + row(99999999, cell("A99999999", "Meier")))),
        "refused",
    )
    yield Hostile(
        "a column behind the last", book(data(NAMES + row(2, cell("ZZZZ2", "Meier")))), "refused"
    )
    yield Hostile(
        "rows upside down",
        book(data(row(3, cell("A3", "Huber")) + MEIER + NAMES)),
        counts(created=2),
    )
    yield Hostile(
        "a cell twice",
        book(data(NAMES + row(2, cell("A2", "Huber"), cell("A2", "Meier")))),
        counts(created=1),
    )
    yield Hostile(
        "cells without places",
        book(data(NAMES + MEIER).replace(' r="A2"', "").replace(' r="2"', "")),
        counts(created=1),
    )
    yield Hostile(
        "200,000 empty rows with a format",
        book(
            data(
                NAMES
                + MEIER
                + "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(3, 200_003))
            )
        ),
        counts(created=1, rows_total=1),
    )
    yield Hostile(
        "10,000 columns in a sheet",
        xlsx([[f"Spalte{n}" for n in range(10_000)]]),
        "refused: columns",
    )
    yield Hostile(
        "a word far to the right", xlsx([HEAD, GOOD, [None] * 5000 + ["x"]]), "refused: columns"
    )


def values() -> Iterator[Hostile]:
    strings = f'<sst xmlns="{MAIN}">' + "<si><t>Meier</t></si>" * 40_000 + "</sst>"
    lying = strings.replace("<sst ", '<sst count="99999999" uniqueCount="99999999" ')
    yield Hostile(
        "a count of texts that lies", book(data(NAMES + MEIER), lying), "refused: of memory"
    )
    yield Hostile(
        "text number out of range",
        book(data(NAMES + row(2, '<c r="A2" t="s"><v>99999999</v></c>')), strings),
        "refused: damaged",
    )
    yield Hostile(
        "negative text number",
        book(data(NAMES + row(2, '<c r="A2" t="s"><v>-1</v></c>')), strings),
        counts(created=1),
    )
    yield Hostile(
        "texts that are missing",
        book(data(NAMES + row(2, '<c r="A2" t="s"><v>0</v></c>'))),
        "refused: damaged",
    )
    yield Hostile(
        "a number that is none",
        book(data(NAMES + row(2, cell("A2", "Meier"), '<c r="B2"><v>1e9999</v></c>'))),
        counts(created=1),
    )
    yield Hostile(
        "a word for a number",
        book(data(NAMES + row(2, '<c r="A2"><v>abc</v></c>'))),
        counts(created=1),
    )
    yield Hostile(
        "a kind of cell that is none",
        book(data(NAMES + row(2, '<c r="A2" t="zzz"><v>Meier</v></c>'))),
        "refused",
    )
    yield Hostile(
        "a format that is none",
        book(data(NAMES + row(2, '<c r="A2" s="4000000000"><v>5</v></c>'))),
        counts(created=1),
    )
    yield Hostile(
        "invisible characters",
        book(
            data(
                NAMES + row(2, cell("A2", "Mei_x0000_er")) + row(3, cell("A3", "Hu_x001B_[31mber"))
            )
        ),
        counts(failed=2),
    )
    yield Hostile(
        "cell above its limit",
        book(data(NAMES + row(2, cell("A2", "x" * 40_000)))),
        counts(failed=1),
    )
    yield Hostile(
        "formulas in cells", xlsx([HEAD, ["Meier", "=cmd|' /C calc'!A0"]]), counts(failed=1)
    )
    yield Hostile(
        "errors in cells",
        book(data(NAMES + row(2, '<c r="A2" t="e"><v>#DIV/0!</v></c>'))),
        counts(failed=1),
    )
    yield Hostile(
        "a link to another workbook",
        book(
            data(NAMES + row(2, '<c r="A2" t="str"><f>[1]Tabelle1!A1</f><v>Meier</v></c>')),
            **{"xl/externalLinks/externalLink1.xml": '<x r:id="http://127.0.0.1/"/>'},
        ),
        counts(created=1),
    )
    yield Hostile(
        "a sheet with a name of 5,000 letters",
        book(
            ROWS,
            **{
                "xl/workbook.xml": str(xlsx_parts("")["xl/workbook.xml"]).replace(
                    "Kunden", "K" * 5000
                )
            },
        ),
        counts(created=1),
    )


def opendocument() -> Iterator[Hostile]:
    head = ods_row(*HEAD)
    yield Hostile(
        "a row a million times",
        zipped(ods_parts(ods_table(head, ods_row(*GOOD, repeated=1048575)))),
        "refused: is packed more than",
    )
    yield Hostile(
        "a wide row a million times",
        zipped(
            ods_parts(
                ods_table(
                    head,
                    ods_row(*GOOD, repeated=1048575).replace(
                        "<table:table-cell ", f'<table:table-cell {WIDE}="16384" '
                    ),
                )
            )
        ),
        "refused",
    )
    yield Hostile(
        "empty rows a million times",
        zipped(
            ods_parts(
                ods_table(
                    head,
                    ods_row(*GOOD),
                    '<table:table-row table:number-rows-repeated="1048574">'
                    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>',
                )
            )
        ),
        counts(created=1, rows_total=1),
    )
    yield Hostile(
        "rows repeated without end",
        zipped(ods_parts(ods_table(head, ods_row(*GOOD, repeated=4_000_000_000)))),
        "refused: is packed more than",
    )
    yield Hostile(
        "a negative repetition",
        zipped(ods_parts(ods_table(head, ods_row(*GOOD, repeated=-5)))),
        "refused",
    )
    yield Hostile("open document without a table", zipped(ods_parts("")), "refused: No sheet")
    yield Hostile(
        "open document without content",
        zipped({"mimetype": ODS_TYPE, "META-INF/manifest.xml": "<m/>"}),
        "refused: archive",
    )
    yield Hostile(
        "open document cut off", zipped(ods_parts(ods_table(head)[:-40])), "refused: damaged"
    )


def _broken(content: bytes) -> bytes:
    at = content.index(b"xl/worksheets/sheet1.xml") + 40
    return content[:at] + b"\xff" * 60 + content[at + 60 :]


def _noise_in(content: bytes) -> bytes:
    return content[:600] + random.Random(4).randbytes(len(content) - 600)


def _twice() -> bytes:
    once = book(ROWS)
    return once[:-4] + once


def _without(part: str) -> bytes:
    return zipped({name: content for name, content in xlsx_parts(ROWS).items() if name != part})


def _declared_small(content: bytes) -> bytes:
    """Say in every place that the largest part has a thousand bytes."""
    return content.replace(struct.pack("<I", 64 * MIB), struct.pack("<I", 1000))


def _flagged(content: bytes) -> bytes:
    """Set the bit of encryption in each entry of the directory."""
    found = bytearray(content)
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        found[at + 8] |= 1
    return bytes(found)


def _compound(stream: str) -> bytes:
    """An old Office container as Excel wraps a protected workbook in."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 1000
        + stream.encode("utf-16-le")
        + b"\0" * 4000
    )


def _filepass(content: bytes) -> bytes:
    """Put the record that says "encrypted" behind the first one, in place of what stands there."""
    at = content.index(b"\x09\x08\x10\x00") + 4 + 16
    return content[:at] + struct.pack("<HHH", 0x2F, 4, 1) + b"\x01\x02" + content[at + 8 :]
