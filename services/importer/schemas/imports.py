"""What goes in and out about imports."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.importer.readers.encoding import ENCODINGS
from services.importer.schemas.files import DetectedSchema
from shared.errors import Text
from shared.fields import Boolean, Moment, Schema, Str

LONGEST_NAME = 200
LONGEST_COLUMN = LONGEST_NAME + 20
"""With the number behind a heading that stands twice."""
ONE_CHARACTER = Text("is one character", de="ist ein einzelnes Zeichen")


def _delimiter(value: str) -> None:
    if len(value) != 1 or value in '"\r\n\0' or value.isalnum():
        raise ma.ValidationError(ONE_CHARACTER)


class GroupOptionsSchema(Schema):
    mode = Str(max=10, validate=ma.validate.OneOf(["add", "replace", "remove", "edited"]))
    create_missing = Boolean()
    map = ma.fields.Dict(
        keys=Str(max=1000),
        values=Str(max=1000, allow_none=True),
        metadata={"description": "unknown path → path to use instead, null: leave out"},
        validate=ma.validate.Length(max=10_000),
    )


class OptionsSchema(Schema):
    """How the file is read and written. What is left out keeps its value."""

    encoding = Str(
        max=20,
        allow_none=True,
        validate=ma.validate.OneOf(ENCODINGS),
        metadata={"description": "null: found out; a spreadsheet has none"},
    )
    delimiter = ma.fields.String(allow_none=True, validate=_delimiter)
    sheet = Str(
        max=LONGEST_NAME,
        allow_none=True,
        metadata={"description": "null: the first visible sheet with something in it"},
    )
    heading_line = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(min=0, max=1_000),
        metadata={"description": "line of the heading, from 1; 0: the file has none"},
    )
    mapping = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(max=LONGEST_COLUMN)),
        values=Str(max=LONGEST_NAME, allow_none=True),
        metadata={"description": "column → target, null: leave the column out"},
        validate=ma.validate.Length(max=1_000),
    )
    match_on = ma.fields.List(
        Str(max=10, validate=ma.validate.OneOf(["id", "number", "email"])),
        validate=ma.validate.Length(max=3),
    )
    mode = Str(max=10, validate=ma.validate.OneOf(["upsert", "create", "update"]))
    groups = ma.fields.Nested(GroupOptionsSchema)
    start_sequences = Str(max=10, validate=ma.validate.OneOf(["yes", "no", "spread"]))
    on_empty = Str(max=10, validate=ma.validate.OneOf(["keep", "clear"]))
    date_order = Str(
        max=20,
        allow_none=True,
        validate=ma.validate.OneOf(["day_first", "month_first", "day_number"]),
    )
    opt_in_evidence = Str(
        max=500,
        allow_none=True,
        metadata={"description": "how the consents in the file were collected"},
    )
    profile = Str(max=LONGEST_NAME, allow_none=True)


class OptionsOut(OptionsSchema):
    """Options as they stand; what an older version has stored is shown as it is."""

    class Meta:
        unknown = ma.INCLUDE


class ChangeSchema(Schema):
    options = ma.fields.Nested(OptionsSchema, required=True)


class StartArgs(Schema):
    start = Boolean(load_default=False)


class ProgressSchema(ma.Schema):
    rows_total = ma.fields.Integer(required=True)
    rows_done = ma.fields.Integer(required=True)
    created = ma.fields.Integer(required=True)
    updated = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)
    conflicts = ma.fields.Integer(required=True)


class UndoSchema(ma.Schema):
    """Customers who came with the import and are gone, who are as before, and who stay as they are now."""

    removed = ma.fields.Integer(required=True)
    restored = ma.fields.Integer(required=True)
    kept = ma.fields.Integer(required=True)
    by = ma.fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class ImportSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    version = ma.fields.Integer(required=True)
    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(
            ["uploaded", "ready", "running", "finished", "failed", "cancelled", "undoing", "undone"]
        ),
    )
    filename = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)
    detected = ma.fields.Nested(DetectedSchema, required=True)
    options = ma.fields.Nested(OptionsOut, required=True)
    progress = ma.fields.Nested(ProgressSchema, required=True)
    failure = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "why the import has failed"}
    )
    cancel_requested = ma.fields.Boolean(required=True)
    created_at = Moment(required=True)
    created_by = ma.fields.String(required=True)
    started_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
    file_deleted_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "since when the file and its bad rows are no longer kept"},
    )
    again_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "the import that brings the refused rows again"},
    )
    undo = ma.fields.Nested(
        UndoSchema, required=True, allow_none=True, metadata={"description": "once it was begun"}
    )


def read_choices(raw: dict[str, Any]) -> dict[str, Any]:
    """Check options that came as JSON text beside a file. Raises marshmallow's ValidationError."""
    choices: dict[str, Any] = OptionsSchema().load(raw)
    return choices
