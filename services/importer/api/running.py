"""Previewing, starting and cancelling imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

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
from services.importer.previewing.preview import Preview
from services.importer.running.source import Source
from services.importer.schemas import ImportSchema, PreviewSchema
from shared.web import idempotent, language, principal, reading, transaction


@blueprint.route("/<uuid:import_id>/preview", methods=["POST"])
@blueprint.response(200, PreviewSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(409, description="The file is no longer kept")
def preview(import_id: UUID) -> dict[str, Any]:
    """Say what the import would do, without doing it"""
    with reading() as session:
        found = actions.get_import(session, import_id)
    found.expect_file()
    with services() as asked:
        source = Source(settings(), database(), found, asked)
        seen = Preview(source, asked).look()
    impact = seen["impact"]
    if impact["sequences_problem"] is not None:
        problem = impact["sequences_problem"].in_language(language())
        impact = {**impact, "sequences_problem": problem}
    problems = [shown_problem(one) for one in seen["problems"]]
    return {**seen, "impact": impact, "problems": problems}


@blueprint.route("/<uuid:import_id>/start", methods=["POST"])
@idempotent
@blueprint.response(202, ImportSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(409, description="It runs already, or has ended")
@blueprint.alt_response(422, description="No column says who the customers are")
def start(import_id: UUID) -> Any:
    """Import the file; a failed or cancelled import goes on where it stopped"""
    with transaction() as session:
        started = actions.start_import(session, import_id)
    return shown(started), headers_of(started)


@blueprint.route("/<uuid:import_id>/cancel", methods=["POST"])
@idempotent
@blueprint.response(202, ImportSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(409, description="It has already ended")
def cancel(import_id: UUID) -> Any:
    """Stop an import; what is written stays"""
    with transaction() as session:
        cancelled = actions.cancel_import(session, import_id)
    return shown(cancelled), headers_of(cancelled)


@blueprint.route("/<uuid:import_id>/undo", methods=["POST"])
@idempotent
@blueprint.response(202, ImportSchema)
@blueprint.alt_response(404, description="There is no such import")
@blueprint.alt_response(409, description="It has not ended, is undone already, or is too old")
def undo(import_id: UUID) -> Any:
    """Take an ended import back as a whole

    Whom it created goes, what it changed becomes what it was; groups that it made and nobody is in go, too.
    Who was changed, visited or asked something since stays, and is named among the import's problems.
    Sequences that it started end.
    """
    keep = timedelta(days=settings().import_keep_days)
    with transaction() as session:
        undone = actions.undo_import(session, import_id, by=principal().name, keep=keep)
    return shown(undone), headers_of(undone)
