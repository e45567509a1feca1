"""Receipts of erasures."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from flask.views import MethodView

from services.customers import queries
from services.customers.api.blueprint import erasures, json_answer
from services.customers.schemas import ErasureSchema
from shared.web import reading


@erasures.route("/<uuid:customer_id>")
class ErasureItem(MethodView):
    @erasures.response(200, ErasureSchema)
    @erasures.alt_response(404, description="Nobody with this id was erased")
    def get(self, customer_id: UUID) -> Response:
        """Read the receipt of an erasure: which service has let go of the person, and when"""
        with reading() as session:
            return json_answer(dict(queries.erasure(session, customer_id)._mapping))
