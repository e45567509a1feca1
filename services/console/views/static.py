"""Style sheets, scripts, fonts and icons."""

from __future__ import annotations

from flask import Response, request, send_from_directory

from services.console.identity import no_cookies
from services.console.pages import STATIC, Pages

blueprint = Pages("static", __name__)

YEAR_S = 365 * 24 * 3600


@blueprint.get("/static/<path:path>")
def file(path: str) -> Response:
    """Addresses with a mark (`?v=`) change with the file, so a browser may keep it."""
    response = send_from_directory(STATIC, path, max_age=YEAR_S if "v" in request.args else 0)
    return no_cookies(response)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    return no_cookies(send_from_directory(STATIC, "app/logo.svg", max_age=YEAR_S))
