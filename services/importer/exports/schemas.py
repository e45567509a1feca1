"""Exports in and out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shared.errors import Text
from shared.fields import Moment, Schema, Str

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "vcf": "text/vcard; charset=utf-8",
}
FORMATS = tuple(CONTENT_TYPES)
DIALECTS = ("excel_de", "rfc4180")
SORTS = ("number", "name", "registered_at", "updated_at", "group")
MOST_COLUMNS = 600

_OBJECT = Text(
    'A filter is an object such as {"group": "Stammkunden"}.',
    de='Ein Filter ist ein Objekt wie {"group": "Stammkunden"}.',
)
_ONE_OF_BOTH = Text(
    "Send a filter or a saved selection, not both.",
    de="Bitte einen Filter oder eine gespeicherte Selektion senden, nicht beides.",
)
_ACTIVE_IN_FILTER = Text(
    'A filter and a selection say themselves who is meant, such as {"active": false}.',
    de='Filter und Selektion sagen selbst, wer gemeint ist, etwa mit {"active": false}.',
)
_NOT_SORTED = Text(
    "A filter or a selection cannot be sorted by updated_at. Possible are: number, name, registered_at, "
    "group.",
    de="Nach updated_at lassen sich Filter und Selektionen nicht sortieren. Möglich sind: number, name, "
    "registered_at, group.",
)
_NO_COLUMNS = Text(
    "Address cards have no columns; leave this out.",
    de="Adresskarten haben keine Spalten; bitte weglassen.",
)


class FilterField(ma.fields.Field[Any]):
    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ma.ValidationError(_OBJECT)
        return value


class NewExportSchema(Schema):
    """Without filter and selection everybody is exported, active and inactive."""

    format = ma.fields.String(required=True, validate=ma.validate.OneOf(FORMATS))
    filter = FilterField(
        load_default=None,
        allow_none=True,
        metadata={"type": "object", "description": "as in POST /selections/query"},
    )
    selection_id = ma.fields.UUID(load_default=None, allow_none=True)
    active = ma.fields.String(
        validate=ma.validate.OneOf(("true", "false", "all")),
        metadata={"description": "without filter and selection; default: all"},
    )
    columns = ma.fields.List(
        Str(max=200, min=1),
        load_default=list,
        validate=ma.validate.Length(max=MOST_COLUMNS),
        metadata={
            "description": "headings or targets such as `email`, `groups`, `attribute:<key>`; default: all. "
            "What is to be imported again needs Id and Version"
        },
    )
    sort = ma.fields.String(
        load_default="number",
        validate=ma.validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]),
        metadata={
            "description": "`group`: by the first of their groups; who is in none comes last. `updated_at`: "
            "not with a filter or selection"
        },
    )
    dialect = ma.fields.String(
        load_default="excel_de",
        validate=ma.validate.OneOf(DIALECTS),
        metadata={"description": "of CSV: for a German Excel, or as RFC 4180 has it, in UTF-8"},
    )

    @ma.validates_schema
    def _fits_together(self, asked: dict[str, Any], **_: Any) -> None:
        chosen = [name for name in ("filter", "selection_id") if asked.get(name) is not None]
        if len(chosen) == 2:
            raise ma.ValidationError(_ONE_OF_BOTH, "selection_id")
        if chosen and "active" in asked:
            raise ma.ValidationError(_ACTIVE_IN_FILTER, "active")
        if chosen and asked.get("sort", "").endswith("updated_at"):
            raise ma.ValidationError(_NOT_SORTED, "sort")
        if asked.get("format") == "vcf" and asked.get("columns"):
            raise ma.ValidationError(_NO_COLUMNS, "columns")

    @ma.post_load
    def _with_defaults(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"active": "all", **asked}


class ExportSchema(ma.Schema):
    """`rows_total` is null until it is fixed whom the file is about."""

    id = ma.fields.UUID(required=True)
    version = ma.fields.Integer(required=True)
    state = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("waiting", "running", "finished", "failed", "cancelled")),
    )
    format = ma.fields.String(required=True)
    dialect = ma.fields.String(required=True)
    filter = ma.fields.Dict(required=True, allow_none=True)
    selection_id = ma.fields.UUID(required=True, allow_none=True)
    active = ma.fields.String(required=True)
    columns = ma.fields.List(ma.fields.String(), required=True)
    sort = ma.fields.String(required=True)
    rows_total = ma.fields.Integer(required=True, allow_none=True)
    rows_done = ma.fields.Integer(required=True)
    filename = ma.fields.String(required=True)
    size = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "bytes, once it is finished"}
    )
    failure = ma.fields.String(required=True, allow_none=True)
    cancel_requested = ma.fields.Boolean(required=True)
    created_at = Moment(required=True)
    created_by = ma.fields.String(required=True)
    started_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
    file_deleted_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "since when the file is no longer kept"},
    )
