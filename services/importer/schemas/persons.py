"""What is told of one person."""

from __future__ import annotations

import marshmallow as ma

from shared.fields import Moment


class PersonRowSchema(ma.Schema):
    row = ma.fields.Integer(required=True, metadata={"description": "line of the file, from 1"})
    cells = ma.fields.List(
        ma.fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "as in the file, by columns; null once the file is deleted"},
    )
    corrections = ma.fields.Dict(keys=ma.fields.String(), required=True)
    problems = ma.fields.List(ma.fields.String(), required=True)


class PersonImportSchema(ma.Schema):
    import_id = ma.fields.UUID(required=True)
    filename = ma.fields.String(required=True)
    created_at = Moment(required=True)
    created_by = ma.fields.String(required=True)
    columns = ma.fields.List(ma.fields.String(), required=True)
    rows = ma.fields.List(ma.fields.Nested(PersonRowSchema), required=True)


class PersonDataSchema(ma.Schema):
    customer_id = ma.fields.UUID(required=True)
    imports = ma.fields.List(ma.fields.Nested(PersonImportSchema), required=True)
