"""Workbooks for tests, made by programs that people have (openpyxl, xlwt) or part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlwt

Rows = Sequence[Sequence[Any]]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(rows: Rows = (), **sheets: Rows) -> bytes:
    """A workbook as openpyxl writes it; `rows` are those of the first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Rows) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Kunden")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: Mapping[str, str | bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def xlsx_parts(
    sheet: str, *, strings: str | None = None, extra: Mapping[str, str | bytes] | None = None
) -> dict[str, str | bytes]:
    """The parts of a workbook with one sheet, whose XML is given."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Kunden" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    return parts | dict(extra or {})


def sheet_xml(*rows: Sequence[str], before: str = "", after: str = "", number: int = 1) -> str:
    """A sheet with inline strings from row `number` on; `before` and `after` stand around the data."""
    lines = []
    for at, cells in enumerate(rows, start=number):
        inside = "".join(
            f'<c r="{chr(65 + column)}{at}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for column, cell in enumerate(cells)
        )
        lines.append(f'<row r="{at}">{inside}</row>')
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{"".join(lines)}</sheetData>{after}</worksheet>'


def ods_parts(tables: str, *, before: str = "", manifest: str = "") -> dict[str, str | bytes]:
    names = {
        "office": "office:1.0", "table": "table:1.0", "text": "text:1.0", "style": "style:1.0",
    }  # fmt: skip
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}"' for name, urn in names.items()
    )
    return {
        "mimetype": ODS_TYPE,
        "META-INF/manifest.xml": manifest or "<manifest/>",
        "content.xml": f'<?xml version="1.0"?>{before}<office:document-content {spaces}><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
    }


def ods_row(*cells: str, repeated: int = 1) -> str:
    inside = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inside}</table:table-row>'


def ods_table(*rows: str, name: str = "Kunden") -> str:
    return f"<table:table table:name={quoteattr(name)}>{''.join(rows)}</table:table>"
