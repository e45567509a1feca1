"""The HTTP door of the follow-up service, put together."""

from __future__ import annotations

from flask import Flask

from services.followup.api import BLUEPRINTS
from services.followup.config import Settings
from services.followup.handlers import HANDLERS
from shared import web
from shared.db import Database
from shared.express import Desk


def create_app(settings: Settings | None = None, *, database: Database | None = None) -> Flask:
    """Return the app; its database is brought up to date first."""
    settings = settings or Settings()
    database = database or settings.database()
    database.migrate(settings.service)
    app = web.create_app(settings, database=database, blueprints=BLUEPRINTS, body_limit=BODY_LIMIT)
    app.extensions["desk"] = Desk(HANDLERS)
    return app


BODY_LIMIT = 4 * 1024 * 1024
"""Bytes: a sequence with many long messages."""
