"""Puts the console's doors together: the pages for people and the token endpoint for programs."""

from __future__ import annotations

import httpx
from flask import Flask

import shared.web
from services.console import api, i18n, identity, pages, templating, views
from services.console.backend import Backend
from services.console.config import Settings
from shared.db import Database


def create_app(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Flask:
    """Return the console. `transport` takes the place of the network on the way to the other services."""
    settings = settings or Settings()
    database = database or settings.database()
    database.migrate(settings.service)
    app = shared.web.create_app(
        settings,
        database=database,
        blueprints=api.BLUEPRINTS,
        pages=True,
    )
    app.extensions["backend"] = Backend(settings, transport)
    app.before_request(views.uploads.make_room)
    identity.init(app, settings, database)
    i18n.init(app, settings.business_timezone)
    pages.init(app, settings)
    for blueprint in api.BLUEPRINTS:
        pages.csrf.exempt(blueprint)
    for blueprint in views.BLUEPRINTS:
        app.register_blueprint(blueprint)
    templating.init(app)
    return app
