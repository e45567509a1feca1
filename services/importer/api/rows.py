"""The rows of a file: looked at, corrected in place, and brought again."""

from __future__ import annotations

import tempfile
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask.views import MethodView

from services.importer import actions
from services.importer.api.blueprint import blueprint
from services.importer.api.context import (
    database,
    headers_of,
    services,
    settings,
    shown,
    shown_problem,
)
from services.importer.correcting.again import bring_again, write_refused
from services.importer.correcting.correct import correct_row
from services.importer.correcting.listing import ListedRow, Listing
from services.importer.errors import RowNotFound
from services.importer.files.corrections import corrections_in
from services.importer.models import Import, State
from services.importer.readers import Row
from services.importer.running.source import Source
from services.importer.schemas import (
    CorrectionSchema,
    ImportSchema,
    RowArgs,
    RowPageSchema,
    RowSchema,
)
from shared.errors import Invalid, Text
from shared.web import etag, idempotent, principal, reading, transaction, versioned

IN_MEMORY = 1024 * 1024
OPEN = (State.uploaded, State.ready)
_BAD_CURSOR = Text(
    "is not a cursor of this list; start without one",
    de="gehört nicht zu dieser Liste; bitte ohne Cursor beginnen",
)


@blueprint.route("/<uuid:import_id>/rows")
@blueprint.arguments(RowArgs, location="query")
@blueprint.response(200, RowPageSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(409, description="The file is no longer kept")
def rows(args: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """List the rows of the file as they would be read; once imported, those that were refused"""
    after, limit = _line(args["cursor"]), args["limit"]
    found = _kept(import_id)
    with services() as asked:
        listing = Listing(database(), _source(found, asked), asked)
        if found.state not in OPEN:
            page = listing.refused(found, after, limit)
        elif args["status"] == "problem":
            page = listing.with_problems(after, limit)
        else:
            page = listing.of_file(after, limit, found.rows_total)
    following = None if page.after is None else str(page.after)
    return {"items": list(map(_shown, page.items)), "next": following, "total": page.total}


@blueprint.route("/<uuid:import_id>/rows/<int:line>")
class RowItem(MethodView):
    @blueprint.response(200, RowSchema)
    @blueprint.alt_response(404, description="There is no such import, or no row in this line")
    @blueprint.alt_response(409, description="The file is no longer kept")
    def get(self, import_id: UUID, line: int) -> Any:
        """Return a row as it would be read"""
        found = _kept(import_id)
        with services() as asked:
            source = _source(found, asked)
            original = _original(source, line)
            with reading() as session:
                stored = corrections_in(session, import_id, {line}).get(line)
            listed = Listing(database(), source, asked).one(original, stored)
        return _shown(listed), etag(listed.version)

    @versioned
    @blueprint.arguments(CorrectionSchema)
    @blueprint.response(200, RowSchema)
    @blueprint.alt_response(404, description="There is no such import, or no row in this line")
    @blueprint.alt_response(409, description="The row is imported, or the file is no longer kept")
    def patch(self, change: dict[str, Any], import_id: UUID, line: int, version: int) -> Any:
        """Correct cells of a row, and say what is still wrong with it"""
        found = _kept(import_id)
        with services() as asked:
            source = _source(found, asked)
            original = _original(source, line)
            with transaction() as session:
                stored = correct_row(
                    session,
                    actions.lock_import(session, import_id),
                    line,
                    version,
                    change["cells"],
                    source.columns,
                    principal().name,
                )
            listed = Listing(database(), source, asked).one(original, stored)
        return _shown(listed), etag(listed.version)


@blueprint.route("/<uuid:import_id>/again", methods=["POST"])
@idempotent
@blueprint.response(201, ImportSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(
    409, description="It has not ended, has refused nothing, or was brought again"
)
def again(import_id: UUID) -> Any:
    """Make a new import of the refused rows as they were corrected, with the same options"""
    found = _kept(import_id)
    with services() as asked, tempfile.SpooledTemporaryFile(IN_MEMORY) as temporary:
        file = cast(BinaryIO, temporary)
        source = _source(found, asked)
        written, seen = write_refused(database(), source, file)
        orders = source.reader.date_orders.values()
        with transaction() as session:
            ended = actions.lock_import(session, import_id)
            made = bring_again(session, ended, file, written, seen, orders, principal().name)
    return shown(made), headers_of(made, located=True)


def _kept(import_id: UUID) -> Import:
    with reading() as session:
        found = actions.get_import(session, import_id)
    found.expect_file()
    return found


def _source(found: Import, asked: Any) -> Source:
    return Source(settings(), database(), found, asked)


def _original(source: Source, line: int) -> Row:
    original = source.originals({line}).get(line)
    if original is None:
        raise RowNotFound(line=line, import_id=source.import_id)
    return original


def _line(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 15:
        raise Invalid(errors={"cursor": [_BAD_CURSOR]})
    return int(cursor)


def _shown(row: ListedRow) -> dict[str, Any]:
    return {
        "row": row.line,
        "version": row.version,
        "status": "problem" if row.problems else "ok",
        "cells": row.cells,
        "corrected": row.corrected,
        "whole": row.whole,
        "problems": [shown_problem(one) for one in row.problems],
    }
