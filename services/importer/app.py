"""Puts the importer's HTTP door together."""

from __future__ import annotations

import httpx
from flask import Flask

import shared.web
from services.importer import api
from services.importer.config import Settings
from shared.db import Database


def create_app(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Flask:
    """Return the importer. `transport` takes the place of the network on the way to the other services."""
    settings = settings or Settings()
    database = database or settings.database()
    database.migrate(settings.service)
    app = shared.web.create_app(
        settings,
        database=database,
        blueprints=api.BLUEPRINTS,
        body_limit=settings.upload_limit,
    )
    app.extensions["transport"] = transport
    return app
