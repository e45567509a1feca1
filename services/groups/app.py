"""The HTTP door of this service."""

from __future__ import annotations

from flask import Flask

from services.groups.api import BLUEPRINTS, PAGES
from services.groups.config import Settings
from shared.db import Database
from shared.web import create_app as create_web_app

BATCH_LIMIT = 16 * 1024 * 1024
"""Bytes: 5,000 rows with long paths or texts."""


def create_app(settings: Settings | None = None, *, database: Database | None = None) -> Flask:
    """Return the app, its database migrated. Without arguments it reads the environment."""
    settings = settings or Settings()
    database = database or settings.database()
    database.migrate("groups")
    app = create_web_app(settings, database=database, blueprints=BLUEPRINTS, body_limit=BATCH_LIMIT)
    # For people: no part of what is documented for programs.
    app.register_blueprint(PAGES)
    return app
