"""What the views share: this app's settings and database, and how imports are shown."""

from __future__ import annotations

from typing import Any

from flask import current_app

from services.importer.config import Settings
from services.importer.models import Import, ProblemRow
from services.importer.rows import Problem
from services.importer.running.calls import Services
from shared.db import Database
from shared.web import etag, language, principal


def shown(found: Import) -> dict[str, Any]:
    failure = found.failure and found.failure[language()]
    progress = {
        name: getattr(found, name)
        for name in (
            "rows_total", "rows_done", "created", "updated", "unchanged", "failed", "conflicts",
        )
    }  # fmt: skip
    facts = {
        name: getattr(found, name)
        for name in (
            "id", "version", "state", "filename", "size", "detected", "options", "cancel_requested",
            "created_at", "created_by", "started_at", "finished_at", "file_deleted_at", "again_id",
        )
    }  # fmt: skip
    undo = None
    if found.undo_started_at is not None:
        undo = {
            "removed": found.undo_removed,
            "restored": found.undo_restored,
            "kept": found.undo_kept,
            "by": found.undone_by,
            "started_at": found.undo_started_at,
            "finished_at": found.undone_at,
        }
    return {**facts, "progress": progress, "failure": failure, "undo": undo}


def shown_problem(one: Problem | ProblemRow) -> dict[str, Any]:
    return {
        "row": one.line,
        "column": one.column,
        "value": one.value,
        "reason": one.reason.in_language(language()),
        "refused": one.refused,
    }


def headers_of(found: Import, *, located: bool = False) -> dict[str, str]:
    headers = etag(found.version)
    return headers | {"Location": f"/api/v1/imports/{found.id}"} if located else headers


def services() -> Services:
    """The services to ask for this request, in the name of who asks."""
    return Services(
        settings(),
        current_app.extensions["transport"],
        name=principal().name,
        language=language(),
    )


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def database() -> Database:
    found: Database = current_app.extensions["database"]
    return found
