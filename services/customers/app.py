"""The HTTP door of the customers service, put together."""

from __future__ import annotations

import httpx
from flask import Flask

from services.customers.actions.home import know_home
from services.customers.api import BLUEPRINTS
from services.customers.api.batch import BODY_LIMIT
from services.customers.config import Settings
from shared import web
from shared.db import Database
from shared.express import Express


def create_app(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Flask:
    """Return the app; its database is brought up to date first.

    `transport` takes the place of the network on the way to followup.
    """
    settings = settings or Settings()
    database = database or settings.database()
    database.migrate(settings.service)
    know_home(database, settings.business_country)
    app = web.create_app(settings, database=database, blueprints=BLUEPRINTS, body_limit=BODY_LIMIT)
    app.extensions["express"] = Express(settings, transport)
    return app
