"""Everybody at once, for who writes long lists: exports above all."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from services.groups import selection
from services.groups.api.common import batch, business_now
from services.groups.api.memberships import memberships
from services.groups.api.selections import selections
from services.groups.queries.bulk import in_order, known_of
from services.groups.schemas import json_schema
from services.groups.schemas.bulk import SelectedIdsSchema, Whose
from shared.web import reading, scope


@selections.route("/whom")
class Whom(MethodView):
    @scope("groups:read")
    @selections.arguments(SelectedIdsSchema)
    @selections.response(200, content_type="application/octet-stream")
    @selections.alt_response(404, description="There is no such selection")
    def post(self, asked: dict[str, Any]) -> Response:
        """Fix whom a filter or a saved selection means at this moment, in order

        Their ids: 16 bytes each, one behind the other. So a long list has everybody once, whatever changes
        while it is written.
        """
        with reading() as session:
            if asked["selection_id"] is None:
                whom = selection.whom(session, asked["filter"], now=business_now())
            else:
                whom = selection.of_saved(session, asked["selection_id"], now=business_now())
            ids = in_order(session, whom, asked["sort"])
        return Response(ids, content_type="application/octet-stream")


@memberships.route("/read")
class MembershipReading(MethodView):
    @scope("groups:read")
    @memberships.doc(requestBody=json_schema(Whose))
    @memberships.response(200, content_type="text/csv")
    def post(self) -> Response:
        """Read groups and attribute values of up to 5,000 customers

        As CSV without a heading: the id, the paths of the groups in the order of the tree with " | " between,
        when groups or values changed last in microseconds since 1970, and the values in the order asked for.
        They come in no certain order; of whom nothing is known here is left out.
        """
        wanted: Whose = batch(Whose)
        with reading() as session:
            rows = known_of(session, wanted.ids, wanted.attributes)
        return Response(rows, content_type="text/csv; charset=utf-8")
