"""Exports: ordered, watched, downloaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from flask import Response, current_app
from flask.views import MethodView

from services.importer.api.context import database, settings
from services.importer.exports import actions, parts
from services.importer.exports.columns import all_columns, chosen_columns
from services.importer.exports.errors import SelectionRefused
from services.importer.exports.models import Export
from services.importer.exports.schemas import CONTENT_TYPES, ExportSchema, NewExportSchema
from services.importer.exports.source import Source
from shared.web import (
    Blueprint,
    PageArgs,
    etag,
    idempotent,
    language,
    page_of,
    paginate,
    principal,
    reading,
    transaction,
)

exports = Blueprint(
    "exports",
    __name__,
    url_prefix="/api/v1/exports",
    read="exports:read",
    write="exports:read",
    description="Customers out: as CSV, spreadsheet or address cards",
)

log = structlog.get_logger(__name__)


@exports.route("")
class ExportList(MethodView):
    @exports.arguments(PageArgs, location="query")
    @exports.response(200, page_of(ExportSchema))
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List exports, the newest first"""
        with reading() as session:
            page = paginate(session, actions.all_exports(), keys=actions.NEWEST_FIRST, **args)
        return {**page, "items": [shown(item) for item in page["items"]]}

    @idempotent
    @exports.arguments(NewExportSchema)
    @exports.response(202, ExportSchema)
    @exports.alt_response(422, description="The filter is wrong, or there is no such column")
    def post(self, asked: dict[str, Any]) -> Any:
        """Order a file of customers

        Whom it is about is fixed once, when the file is begun: everybody is in it once, whatever changes
        meanwhile.
        """
        with _source() as others:
            columns = chosen_columns(all_columns(others.attributes()), asked["columns"])
            refused = others.refusal_of(asked["filter"], asked["selection_id"])
        if refused is not None:
            raise SelectionRefused(errors=refused)
        if asked["columns"]:
            asked["columns"] = [column.target for column in columns]
        with transaction() as session:
            ordered = actions.order_export(
                session,
                asked,
                zone=settings().timezone,
                by=principal().name,
                language=language(),
            )
        return shown(ordered), headers_of(ordered, located=True)


@exports.route("/<uuid:export_id>")
class ExportItem(MethodView):
    @exports.response(200, ExportSchema)
    @exports.alt_response(404, description="There is no such export")
    def get(self, export_id: UUID) -> Any:
        """Return an export with its progress"""
        with reading() as session:
            found = actions.get_export(session, export_id)
        return shown(found), headers_of(found)


@exports.route("/<uuid:export_id>/cancel", methods=["POST"])
@idempotent
@exports.response(202, ExportSchema)
@exports.alt_response(404, description="There is no such export")
@exports.alt_response(409, description="It has already ended")
def cancel(export_id: UUID) -> Any:
    """Stop an export"""
    with transaction() as session:
        cancelled = actions.cancel_export(session, export_id)
    return shown(cancelled), headers_of(cancelled)


@exports.route("/<uuid:export_id>/file")
@exports.response(200, content_type="application/octet-stream")
@exports.alt_response(404, description="There is no such export")
@exports.alt_response(409, description="It is not finished, or the file is no longer kept")
def file(export_id: UUID) -> Response:
    """Download the file"""
    with reading() as session:
        found = actions.get_export(session, export_id)
    found.expect_file()
    log.info("export downloaded", export_id=str(export_id), by=principal().name)
    response = Response(parts.read(database(), export_id), content_type=CONTENT_TYPES[found.format])
    response.content_length = found.size or 0
    response.headers.set("Content-Disposition", "attachment", filename=found.filename)
    response.headers["Cache-Control"] = "no-store"
    return response


def _source() -> Source:
    """The services to ask for this request, in the name of who asks."""
    transport = current_app.extensions["transport"]
    return Source(settings(), transport, name=principal().name, language=language())


def shown(found: Export) -> dict[str, Any]:
    facts = {
        name: getattr(found, name)
        for name in ExportSchema().fields  # what is told of an export is what its schema names
    }
    return {**facts, "failure": found.failure and found.failure[language()]}


def headers_of(found: Export, *, located: bool = False) -> dict[str, str]:
    headers = etag(found.version)
    return headers | {"Location": f"/api/v1/exports/{found.id}"} if located else headers
