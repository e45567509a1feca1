"""Uploading files, looking at imports, correcting what was understood."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import request
from flask.views import MethodView
from werkzeug.datastructures import FileStorage

from services.importer import actions, queries
from services.importer.api.blueprint import blueprint
from services.importer.api.context import database, headers_of, services, settings, shown
from services.importer.errors import FileMissing
from services.importer.files.looking import LOOKED_AT, look, look_again
from services.importer.files.storage import Upload
from services.importer.mapping import foreign_columns
from services.importer.schemas import ChangeSchema, ImportSchema, StartArgs, read_choices
from shared.errors import Invalid
from shared.web import (
    PageArgs,
    idempotent,
    language,
    page_of,
    paginate,
    principal,
    reading,
    transaction,
    versioned,
)
from shared.web.requests import NotJson, flatten, parse_json

LONGEST_FILENAME = 200


@blueprint.route("")
class Imports(MethodView):
    @blueprint.arguments(PageArgs, location="query")
    @blueprint.response(200, page_of(ImportSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List imports, the newest first"""
        with reading() as session:
            page = paginate(session, queries.all_imports(), keys=queries.NEWEST_FIRST, **args)
        return {**page, "items": [shown(item) for item in page["items"]]}

    @idempotent
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            "options": {
                                "type": "string",
                                "description": "JSON, as in PATCH",
                            },
                        },
                    }
                }
            },
        }
    )
    @blueprint.arguments(StartArgs, location="query")
    @blueprint.response(201, ImportSchema)
    @blueprint.alt_response(413, description="The file is too large")
    @blueprint.alt_response(415, description="The file is not a table")
    @blueprint.alt_response(422, description="The file is empty, or the options do not fit it")
    def post(self, args: dict[str, Any]) -> Any:
        """Upload a file; it is looked at, and with ?start=true imported at once"""
        file, choices = _uploaded()
        upload = Upload(file.stream, settings().import_max_mb)
        filename = _plain_name(file.filename or "")
        detected, rows = look(upload.open, filename, choices, settings())
        with services() as asked:
            attributes = asked.attributes()
            foreign = foreign_columns(detected.columns, asked.knows_number)
        with transaction() as session:
            arrived = actions.receive_file(
                session,
                filename=filename,
                stream=upload.open(),
                rows=rows,
                detected=detected,
                attributes=attributes,
                foreign=foreign,
                choices=choices,
                by=principal().name,
                language=language(),
            )
            if args["start"]:
                arrived = actions.start_import(session, arrived.id)
        return shown(arrived), headers_of(arrived, located=True)


@blueprint.route("/<uuid:import_id>")
class ImportItem(MethodView):
    @blueprint.response(200, ImportSchema)
    @blueprint.alt_response(404, description="There is no such import")
    def get(self, import_id: UUID) -> Any:
        """Return an import with its progress"""
        with reading() as session:
            found = actions.get_import(session, import_id)
        return shown(found), headers_of(found)

    @versioned
    @blueprint.arguments(ChangeSchema)
    @blueprint.response(200, ImportSchema)
    @blueprint.alt_response(404, description="There is no such import")
    @blueprint.alt_response(409, description="The import has already been started")
    def patch(self, change: dict[str, Any], import_id: UUID, version: int) -> Any:
        """Correct how a file is understood, and choose how it is imported"""
        choices = change["options"]
        with reading() as session:
            found = actions.get_import(session, import_id)
        found.expect_file()
        detected, rows, foreign = None, None, []
        with services() as asked:
            attributes = asked.attributes()
            if not choices.keys().isdisjoint(LOOKED_AT):
                detected, rows = look_again(database(), found, choices, settings())
                foreign = foreign_columns(detected.columns, asked.knows_number)
        with transaction() as session:
            chosen = actions.choose_options(
                session, import_id, version, choices, attributes, detected, foreign, rows
            )
        return shown(chosen), headers_of(chosen)


def _uploaded() -> tuple[FileStorage, dict[str, Any]]:
    file = request.files.get("file")
    if file is None:
        raise FileMissing
    text = request.form.get("options") or "{}"
    try:
        return file, read_choices(parse_json(text.encode("utf-8", "replace")))
    except NotJson as error:
        raise Invalid(errors={"options": [error.text]}) from None
    except ma.ValidationError as error:
        raise Invalid(errors=flatten({"options": error.normalized_messages()})) from None


def _plain_name(filename: str) -> str:
    """Return the name without folders and invisible characters."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if c.isprintable()).strip()
    return name[:LONGEST_FILENAME] or "upload.csv"
