"""Where the importer's views hang."""

from __future__ import annotations

from flask import Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from services.importer.errors import FileTooLarge
from shared.web import Blueprint
from shared.web.problems import from_http_exception, from_service_error

blueprint = Blueprint(
    "imports",
    __name__,
    url_prefix="/api/v1/imports",
    read="imports:write",
    write="imports:write",
    description="Customer lists in: understood, corrected, previewed, written",
)

JSON_LIMIT = 1024 * 1024


@blueprint.before_request
def limit_json() -> None:
    """Only an upload may be as large as a file."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = JSON_LIMIT


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Response:
    """Say of a file how large it may be; of anything else what is said everywhere."""
    if request.mimetype != "multipart/form-data":
        return from_http_exception(error)
    return from_service_error(FileTooLarge(limit=current_app.extensions["settings"].import_max_mb))
