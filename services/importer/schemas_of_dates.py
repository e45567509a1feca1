"""How the dates of columns are read, as a preview shows it."""

from __future__ import annotations

import marshmallow as ma


class DateOrderSchema(ma.Schema):
    column = ma.fields.String(required=True)
    order = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["day_first", "month_first", "day_number"])
    )
    chosen = ma.fields.Boolean(
        required=True, metadata={"description": "by hand; else as the column's cells tell"}
    )
