"""The peer of the customers service: the least that Flask and SQLAlchemy need to answer from the same table.

No token, no schema, no groups, no totals, no problem documents. It says how fast a request could be.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from flask import Flask, abort, jsonify, request
from sqlalchemy import create_engine, select

from services.customers.models import customers

PAGE = 50


def create_app() -> Flask:
    app = Flask(__name__)
    engine = create_engine(os.environ["DATABASE_URL"], connect_args={"options": "-c jit=off"})
    living = (customers.c.erased_at.is_(None), customers.c.active)
    page = select(customers).where(*living).order_by(customers.c.name_sort, customers.c.id)

    @app.get("/customers/<uuid:customer_id>")
    def one(customer_id: UUID) -> Any:
        with engine.connect() as connection:
            row = connection.execute(select(customers).where(customers.c.id == customer_id)).first()
        return jsonify(dict(row._mapping)) if row else abort(404)

    @app.get("/customers")
    def some() -> Any:
        found = page.limit(PAGE)
        for word in request.args.get("q", "").split():
            found = found.where(customers.c.search.contains(word.lower(), autoescape=True))
        with engine.connect() as connection:
            return jsonify([dict(row._mapping) for row in connection.execute(found)])

    return app
