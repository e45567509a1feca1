"""Errors as RFC 9457 problem documents, in the caller's language, with nothing internal in them."""

from __future__ import annotations

import errno
import re
import sqlite3
from http import HTTPStatus
from typing import Any

import marshmallow as ma
import structlog
from flask import Flask, Response, current_app, has_request_context, jsonify, request
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from shared.errors import (
    Invalid,
    NoSpace,
    PreconditionFailed,
    ServiceError,
    Text,
    TooLarge,
    Unavailable,
    in_language,
)
from shared.web import german

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class ProblemSchema(ma.Schema):
    """RFC 9457, section 3."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String()
    errors = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()))


class BodyTooLarge(TooLarge):
    template = Text(
        "The body is larger than {limit} bytes. Send it in parts.",
        de="Der Inhalt ist größer als {limit} Bytes. Bitte in Teilen senden.",
    )


def language() -> str:
    """Return "de" or "en": what the caller reads best (Accept-Language), English if it does not say."""
    if not has_request_context():
        return "en"
    return request.accept_languages.best_match(["en", "de"], default="en") or "en"


def init_app(app: Flask) -> None:
    app.register_error_handler(ServiceError, from_service_error)
    app.register_error_handler(RequestEntityTooLarge, _body_too_large)
    app.register_error_handler(StaleDataError, lambda _e: from_service_error(PreconditionFailed()))
    app.register_error_handler(DBAPIError, _from_database_error)
    app.register_error_handler(StatementError, _from_statement_error)
    app.register_error_handler(PoolTimeout, lambda _e: from_service_error(_database_away()))
    app.register_error_handler(OSError, _from_os_error)


def from_service_error(error: ServiceError) -> Response:
    reader = language()
    document: dict[str, Any] = {
        "type": _type(error),
        "title": in_language(error.title, reader),
        "status": error.status,
        "detail": error.text.in_language(reader),
    }
    if error.errors is not None:
        document["errors"] = {
            field: [german.message(m) if reader == "de" else str(m) for m in messages]
            for field, messages in error.errors.items()
        }
    document |= error.extra
    response = _problem(document, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def from_http_exception(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug raise. Their headers (Allow, Retry-After) are kept."""
    status = error.code or 500
    original = getattr(error, "original_exception", None)
    if original is not None:
        log.error("unexpected error", exc_info=original)
    title = HTTPStatus(status).phrase
    reader = language()
    response = _problem(
        {
            "type": "about:blank",
            "title": german.status(status, title) if reader == "de" else title,
            "status": status,
            "detail": german.detail(status) if reader == "de" else _detail(error, status),
        },
        status,
    )
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def register_responses(spec: Any) -> None:
    """Describe every error status once in the OpenAPI document, as a problem document."""
    for status in HTTPStatus:
        if status >= HTTPStatus.BAD_REQUEST:
            spec.components.response(
                status.name,
                {
                    "description": status.phrase,
                    "content": {MEDIA_TYPE: {"schema": ProblemSchema}},
                },
                lazy=True,
            )
    spec.components.response(
        "DEFAULT_ERROR",
        {"description": "Any other error", "content": {MEDIA_TYPE: {"schema": ProblemSchema}}},
        lazy=True,
    )


def _problem(document: dict[str, Any], status: int) -> Response:
    response = jsonify(document)
    response.status_code = status
    response.mimetype = MEDIA_TYPE
    return response


def _type(error: ServiceError) -> str:
    name = type(error).__name__
    return "urn:stammkunde:problem:" + re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _detail(error: HTTPException, status: int) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "Something unexpected happened here. It was written to the log."
    return re.sub(r"\s+", " ", error.description or "")


def _body_too_large(_error: Exception) -> Response:
    limit = request.max_content_length or current_app.config["MAX_CONTENT_LENGTH"]
    return from_service_error(BodyTooLarge(limit=limit))


def _database_away() -> Unavailable:
    return Unavailable(what=Text("The database", de="Die Datenbank"))


def _from_database_error(error: DBAPIError) -> Response:
    original = error.orig
    if isinstance(original, sqlite3.Error) and "disk is full" in str(original):
        return from_service_error(NoSpace())
    if getattr(original, "sqlstate", None) == "53100":  # disk_full
        return from_service_error(NoSpace())
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database away", error=type(original).__name__)
        return from_service_error(_database_away())
    if isinstance(error, DataError):
        return from_service_error(Invalid())
    raise error


def _from_statement_error(error: StatementError) -> Response:
    # A number that no column can hold is refused by the driver, not by the database.
    if isinstance(error.orig, OverflowError):
        return from_service_error(Invalid())
    raise error


def _from_os_error(error: OSError) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return from_service_error(NoSpace())
    raise error
