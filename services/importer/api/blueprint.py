"""Where the importer's views hang."""

from __future__ import annotations

from flask import request

from shared.web import Blueprint

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
