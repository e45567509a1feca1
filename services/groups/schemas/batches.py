"""The bulk paths: read and written by msgspec, which takes 1 µs a row where marshmallow takes 30."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import marshmallow as ma
import msgspec
from marshmallow import ValidationError
from msgspec import Meta

from shared.errors import BadRequest, Invalid, Text
from shared.events.groups import StartSequences
from shared.fields import clean

T = TypeVar("T")

Line = Annotated[str, Meta(min_length=1, max_length=200)]
GroupName = Annotated[str, Meta(max_length=2000, description="A group's path or id")]
AttributeKey = Annotated[str, Meta(max_length=63)]
Value = Annotated[str, Meta(max_length=20_000)] | int | float | bool | None
Moment = Annotated[datetime, Meta(tz=True)]
Values = Annotated[dict[AttributeKey, Value], Meta(max_length=500)]


class MembershipRow(msgspec.Struct, forbid_unknown_fields=True):
    """A customer's groups to add, remove, or be the only ones; `edited`: what was edited in a file since
    `known_at` is added and removed, without that moment they are added."""

    customer_id: UUID
    groups: Annotated[list[GroupName], Meta(max_length=2_000)]
    mode: Literal["add", "replace", "remove", "edited"] = "add"
    known_at: Moment | None = None
    """The row comes from a file with the values of that moment: only those that were edited are changed. Of
    groups, `edited` says that."""
    values: Values | None = None
    """Values of attributes by key, given before the memberships; null takes one away."""


class MembershipBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Memberships of many customers."""

    rows: Annotated[list[MembershipRow], Meta(max_length=5000)]
    create_missing: bool = False
    source: Line = "api"
    reference: Line | None = None
    start_sequences: StartSequences = "yes"

    def __post_init__(self) -> None:
        self.source = _clean(self.source)
        self.reference = None if self.reference is None else _clean(self.reference)


class MembershipResult(msgspec.Struct):
    customer_id: UUID
    added: int
    removed: int
    unknown: list[str]
    erased: bool
    errors: dict[str, list[str]]


class CreatedGroup(msgspec.Struct):
    id: UUID
    path: str


class MembershipResults(msgspec.Struct):
    results: list[MembershipResult]
    created_groups: list[CreatedGroup]


class ValuesRow(msgspec.Struct, forbid_unknown_fields=True):
    """One customer's values by attribute key; null takes one away."""

    customer_id: UUID
    values: Values
    known_at: Moment | None = None
    """The row comes from a file with the values of that moment: only what differs from them is changed."""


class ValuesBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Values of many customers."""

    rows: Annotated[list[ValuesRow], Meta(max_length=5000)]
    reference: Line | None = None

    def __post_init__(self) -> None:
        self.reference = None if self.reference is None else _clean(self.reference)


ValuesPatch = Values
"""One customer's values by attribute key; null takes one away."""


class ValuesResult(msgspec.Struct):
    customer_id: UUID
    status: str
    errors: dict[str, list[str]]


class ValuesResults(msgspec.Struct):
    results: list[ValuesResult]


class UndoBatch(msgspec.Struct, forbid_unknown_fields=True):
    """What the import of this reference did to these customers is to be taken back."""

    reference: Line
    customer_ids: Annotated[list[UUID], Meta(max_length=5000)]


class MembershipsUndoneSchema(ma.Schema):
    removed = ma.fields.Integer(required=True)
    restored = ma.fields.Integer(required=True)


class ValuesUndoneSchema(ma.Schema):
    restored = ma.fields.Integer(required=True, metadata={"description": "customers"})


class MembershipResultSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    added = ma.fields.Integer(required=True)
    removed = ma.fields.Integer(required=True)
    unknown = ma.fields.List(  # type: ignore[assignment]
        ma.fields.String(), required=True, metadata={"description": "As they were sent"}
    )
    erased = ma.fields.Boolean(
        required=True, metadata={"description": "The customer was erased, so nothing was done"}
    )
    errors = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={"description": "By attribute key: which values were left out, and why"},
    )


class CreatedGroupSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    path = ma.fields.String(required=True)


class MembershipResultsSchema(ma.Schema):
    results = ma.fields.List(ma.fields.Nested(MembershipResultSchema), required=True)
    created_groups = ma.fields.List(
        ma.fields.Nested(CreatedGroupSchema),
        required=True,
        metadata={"description": "Groups that there were not: parents before their subgroups"},
    )


class ValuesResultSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["updated", "unchanged", "invalid"])
    )
    errors = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.List(ma.fields.String()),
        required=True,
        metadata={"description": "By attribute key: what was left out, and why"},
    )


class ValuesResultsSchema(ma.Schema):
    results = ma.fields.List(ma.fields.Nested(ValuesResultSchema), required=True)


class NotJson(BadRequest):
    template = Text(
        "The body is not JSON: {reason}.", de="Der Inhalt der Anfrage ist kein JSON: {reason}."
    )


def read_batch(body: bytes, kind: type[T] | Any) -> T:
    """Read a request's body. Raises NotJson, or Invalid with the place that does not fit."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        field = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", place.rstrip("`")).strip(".")
        raise Invalid(errors={field or "_schema": [message]}) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(reason=error) from None


def json_schema(kind: Any) -> dict[str, Any]:
    """Return the kind as OpenAPI's description of a request body."""
    schema = msgspec.json.schema(kind)
    definitions = schema.get("$defs", {})

    def inlined(node: Any) -> Any:
        if isinstance(node, list):
            return [inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return inlined(definitions[node["$ref"].rpartition("/")[2]])
        return {key: inlined(value) for key, value in node.items() if key != "$defs"}

    return {"required": True, "content": {"application/json": {"schema": inlined(schema)}}}


def _clean(text: str) -> str:
    try:
        return clean(text)
    except ValidationError as error:
        raise ValueError(str(error.messages[0])) from None
