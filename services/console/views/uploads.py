"""Customer files on their way in: how large they may be, and what has come so far."""

from __future__ import annotations

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from services.console.backend import Refused, importer
from services.console.config import Settings
from services.console.pages import is_part, needs, part, say
from services.console.views.imports import blueprint
from shared.db import new_id


def make_room() -> None:
    """Let an upload be as large as a file may be. Before anybody reads the form."""
    if request.endpoint == "imports.upload":
        request.max_content_length = _settings().upload_limit


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    return _not_taken(_too_large_in_words())


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def _too_large_in_words() -> str:
    return gettext(
        "The file is larger than %(limit)s MB. Please split it and import the parts one after another.",
        limit=_settings().import_max_mb,
    )


@blueprint.get("/imports")
@needs("imports:write")
def listing() -> str:
    page = importer.get("/imports", limit=20, cursor=request.args.get("cursor"))
    return render_template(
        "imports/list.html",
        page=page,
        once=new_id(),
        most_mb=_settings().import_max_mb,
        too_large=_too_large_in_words(),
    )


@blueprint.post("/imports")
@needs("imports:write")
def upload() -> Response:
    """Take a file. The browser goes on to the page that shows what was understood."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _not_taken(gettext("Please choose a file."))
    try:
        made = importer.upload(
            "/imports",
            {"file": (file.filename, file.stream, file.mimetype or "application/octet-stream")},
            once=request.form.get("once") or str(new_id()),
        )
    except Refused as error:
        reasons = [m for messages in (error.errors or {}).values() for m in messages]
        return _not_taken(" ".join([str(error.text), *reasons]))
    address = url_for("imports.show", import_id=made["id"])
    if not is_part():
        return redirect(address)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = address
    return response


def _not_taken(problem: str) -> Response:
    if is_part():
        return part("imports/refused.html", problem=problem)
    say(problem, "danger")
    return redirect(url_for("imports.listing"))
