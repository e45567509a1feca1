"""What goes in and out about the rows of a file."""

from __future__ import annotations

import marshmallow as ma

from services.importer.readers.table import LONGEST_CELL
from services.importer.schemas.imports import LONGEST_COLUMN
from shared.fields import Schema, Str
from shared.web import PageArgs


class RowProblemSchema(ma.Schema):
    """`refused`: the row was not imported because of this."""

    row = ma.fields.Integer(required=True, metadata={"description": "line of the file, from 1"})
    column = ma.fields.String(required=True, allow_none=True)
    value = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    refused = ma.fields.Boolean(required=True)


class RowArgs(PageArgs):
    status = Str(max=10, load_default="all", validate=ma.validate.OneOf(["all", "problem"]))


class RowSchema(ma.Schema):
    """A row of the file as it is read now."""

    row = ma.fields.Integer(required=True, metadata={"description": "line of the file, from 1"})
    version = ma.fields.Integer(
        required=True, metadata={"description": "goes up with every correction; the ETag"}
    )
    status = ma.fields.String(required=True, validate=ma.validate.OneOf(["ok", "problem"]))
    cells = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "by columns, corrected ones as they were corrected"},
    )
    corrected = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        required=True,
        metadata={"description": "corrected column → what stands in the file"},
    )
    whole = ma.fields.Boolean(
        required=True,
        metadata={
            "description": "false: the row is torn; only all of its columns can be corrected"
        },
    )
    problems = ma.fields.List(ma.fields.Nested(RowProblemSchema), required=True)


class RowPageSchema(ma.Schema):
    """A page may be short, also empty, while `next` is there: a long file is checked piece by piece."""

    items = ma.fields.List(ma.fields.Nested(RowSchema), required=True)
    next = ma.fields.String(required=True, allow_none=True)
    total = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "null while nobody has looked at all of the file"},
    )


class CorrectionSchema(Schema):
    cells = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(max=LONGEST_COLUMN)),
        values=Str(max=LONGEST_CELL - 1, lines=True, allow_none=True),
        required=True,
        validate=ma.validate.Length(min=1, max=1_000),
        metadata={"description": "column → text, null: as in the file again"},
    )
