"""Putting a service's HTTP door together."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.config import Settings
from shared.db import Database
from shared.web import documentation, health, problems, security
from shared.web.blueprint import Blueprint

VERSION = "v1"
BODY_LIMIT = 1024 * 1024
"""Bytes that a request's body may have unless its view says otherwise."""


class ProblemApi(Api):
    """flask-smorest with RFC 9457 problem documents as its errors."""

    ERROR_SCHEMA = problems.ProblemSchema

    def handle_http_exception(self, error):  # type: ignore[no-untyped-def]
        return problems.from_http_exception(error)

    def _register_responses(self) -> None:
        problems.register_responses(self.spec)


class PlainJson(DefaultJSONProvider):
    """JSON as it is meant to be read: keys in their order, umlauts as letters."""

    ensure_ascii = False
    sort_keys = False
    compact = True


def create_app(
    settings: Settings,
    *,
    database: Database,
    blueprints: Sequence[Blueprint],
    body_limit: int = BODY_LIMIT,
    pages: bool = False,
) -> Flask:
    """Return the service's Flask app with its blueprints, documentation, health and metrics.

    `body_limit` is the largest body in bytes that any of its views takes. With `pages` the app also has
    views for people, which a session guards instead of a token.
    """
    app = Flask(settings.service, static_folder=None)
    app.json_provider_class = PlainJson
    app.json = PlainJson(app)
    app.config.update(
        API_TITLE=f"Stammkunde: {settings.service}",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=body_limit,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=100,
        PROPAGATE_EXCEPTIONS=False,
        PAGES=pages,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.extensions["settings"] = settings
    app.extensions["database"] = database
    api = ProblemApi(app, spec_kwargs=documentation.spec_options())
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    problems.init_app(app)
    security.init_app(app)
    health.init_app(app)
    documentation.init_app(app, api)
    return app
