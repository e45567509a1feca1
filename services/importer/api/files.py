"""What is wrong in a file, as a list and as a file to correct; and an empty list to begin with."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from flask import Response

from services.importer import actions, queries
from services.importer.api.blueprint import blueprint
from services.importer.api.context import database, services, shown_problem
from services.importer.correcting import errorfile
from services.importer.exports.schemas import CONTENT_TYPES
from services.importer.exports.template import template_file
from services.importer.schemas import RowProblemSchema
from shared.web import PageArgs, language, page_of, paginate, reading

CSV = CONTENT_TYPES["csv"]


@blueprint.route("/<uuid:import_id>/errors")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_of(RowProblemSchema))
@blueprint.alt_response(404, description="There is no such import")
def errors(args: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """List what is wrong in the file, in its order"""
    with reading() as session:
        actions.get_import(session, import_id)
        page = paginate(session, queries.problems_of(import_id), keys=queries.IN_FILE_ORDER, **args)
    return {**page, "items": [shown_problem(item) for item in page["items"]]}


@blueprint.route("/<uuid:import_id>/errors.csv")
@blueprint.response(200, content_type="text/csv")
@blueprint.alt_response(404, description="There is no such import")
def error_file(import_id: UUID) -> Response:
    """Return the rows with problems, to be corrected and imported again"""
    with reading() as session:
        found = actions.get_import(session, import_id)
    columns = [column["name"] for column in found.detected["columns"]]
    rows = queries.bad_rows(database(), import_id)
    stem = PurePosixPath(found.filename).stem
    return _download(errorfile.error_file(columns, rows, language()), f"{stem} Fehler.csv")


@blueprint.route("/template.csv")
@blueprint.response(200, content_type="text/csv")
def template() -> Response:
    """Return an empty list with all headings that an import understands by itself"""
    return _template("csv")


@blueprint.route("/template.xlsx")
@blueprint.response(200, content_type=CONTENT_TYPES["xlsx"])
def template_sheet() -> Response:
    """Return an empty spreadsheet with all headings that an import understands by itself"""
    return _template("xlsx")


def _template(format_: str) -> Response:
    with services() as asked:
        content = template_file(asked.attributes(), format_)
    return _download([content], f"Kundenliste.{format_}", CONTENT_TYPES[format_])


def _download(content: Any, filename: str, kind: str = CSV) -> Response:
    response = Response(content, content_type=kind)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
