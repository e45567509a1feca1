"""Everybody at once, for who writes or checks long lists: exports above all."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.views import MethodView

from services.customers import queries
from services.customers.api.blueprint import blueprint
from services.customers.errors import UnknownField
from services.customers.schemas import EverybodySchema, ReadingSchema
from services.customers.schemas.everybody import read_reading
from shared.errors import UnsupportedType
from shared.web import reading, scope

_ACTIVE = {"true": True, "false": False, "all": None}


@blueprint.route("/whom")
class Whom(MethodView):
    @scope("customers:read")
    @blueprint.arguments(EverybodySchema)
    @blueprint.response(200, content_type="application/octet-stream")
    def post(self, asked: dict[str, Any]) -> Response:
        """Fix who is there at this moment, in order

        The ids of all customers, active and inactive unless asked otherwise: 16 bytes each, one behind the
        other. What they are is asked for with /customers/read, some thousand at a time; so a long list has
        everybody once, whatever changes meanwhile.
        """
        with reading() as session:
            ids = queries.everybody(session, active=_ACTIVE[asked["active"]], sort=asked["sort"])
        return Response(ids, content_type="application/octet-stream")


@blueprint.route("/read")
class Read(MethodView):
    @scope("customers:read")
    @blueprint.doc(
        requestBody={"required": True, "content": {"application/json": {"schema": ReadingSchema}}}
    )
    @blueprint.response(200, content_type="text/csv")
    def post(self) -> Response:
        """Read some fields of up to 5,000 customers

        As CSV without a heading: the id, then the fields in the order asked for; `active` is 1 or 0, moments
        are in UTC. Who was erased or merged into another one is left out. The others come in no certain
        order.
        """
        if not request.is_json:
            raise UnsupportedType
        asked = read_reading(request.get_data(cache=False))
        if unknown := [name for name in asked.fields if name not in queries.READABLE]:
            raise UnknownField(name=unknown[0], fields=", ".join(queries.READABLE))
        with reading() as session:
            rows = queries.rows_of(session, asked.ids, asked.fields)
        return Response(rows, content_type="text/csv; charset=utf-8")
