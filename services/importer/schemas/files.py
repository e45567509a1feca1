"""What is shown of a file that was looked at."""

from __future__ import annotations

import marshmallow as ma


class ColumnSchema(ma.Schema):
    name = ma.fields.String(required=True)
    samples = ma.fields.List(ma.fields.String(), required=True)
    target = ma.fields.String(required=True, allow_none=True)
    date_order = ma.fields.String(
        required=True,
        allow_none=True,
        dump_default=None,
        validate=ma.validate.OneOf(["day_first", "month_first", "day_number"]),
        metadata={"description": "how its dates are read, by their look or as chosen; else null"},
    )


class SheetSchema(ma.Schema):
    name = ma.fields.String(required=True)
    hidden = ma.fields.Boolean(required=True)
    rows = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "down to the last one; null of sheets that were not opened"},
    )


class DetectedSchema(ma.Schema):
    """Encoding and delimiter are null for a spreadsheet, the sheet for a CSV file."""

    format = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["csv", "xlsx", "xls", "ods"])
    )
    encoding = ma.fields.String(required=True, allow_none=True)
    delimiter = ma.fields.String(required=True, allow_none=True)
    sheet = ma.fields.String(required=True, allow_none=True)
    sheets = ma.fields.List(ma.fields.Nested(SheetSchema), required=True)
    heading_line = ma.fields.Integer(required=True, allow_none=True)
    rows = ma.fields.Integer(required=True)
    columns = ma.fields.List(ma.fields.Nested(ColumnSchema), required=True)
