"""/attribute-values: what customers have."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.views import MethodView

from services.groups import actions, queries
from services.groups.api.common import batch, encoded
from services.groups.schemas import (
    UndoBatch,
    ValuesBatch,
    ValuesPatch,
    ValuesResult,
    ValuesResults,
    ValuesResultsSchema,
    ValuesUndoneSchema,
    json_schema,
)
from shared.errors import errors_in_language
from shared.web import (
    Blueprint,
    etag,
    expected_version,
    idempotent,
    language,
    reading,
    transaction,
)

values = Blueprint(
    "attribute_values",
    __name__,
    url_prefix="/api/v1/attribute-values",
    read="groups:read",
    write="groups:write",
    description="Customers' values of their attributes",
)


@values.route("/<uuid:customer_id>")
class ValuesItem(MethodView):
    @values.response(200, description="The values by attribute key, in canonical form")
    def get(self, customer_id: UUID) -> Response:
        """Show a customer's values"""
        with reading() as session:
            return _answer(queries.values_of(session, customer_id))

    @values.doc(requestBody=json_schema(ValuesPatch))
    @values.response(200, description="All of the customer's values")
    @values.alt_response(404, description="The customer was erased")
    @values.alt_response(412, description="With If-Match: somebody else changed them meanwhile")
    @values.alt_response(422, description="What cannot be taken, by attribute key")
    def patch(self, customer_id: UUID) -> Response:
        """Change some of a customer's values; null takes one away

        What staff have to fill in (`required.staff`) must have a value afterwards: given now or before. A
        batch does not ask for that, but takes no such value away either.
        """
        given = batch(ValuesPatch)
        # Each key is merged for itself, so a change needs no If-Match to be safe.
        version = expected_version() if "If-Match" in request.headers else None
        with transaction() as session:
            return _answer(
                actions.change_values_of(session, customer_id, given, expected_version=version)
            )


@values.route("/batch")
class ValuesBatchView(MethodView):
    @idempotent
    @values.doc(requestBody=json_schema(ValuesBatch))
    @values.response(200, ValuesResultsSchema)
    def post(self) -> Response:
        """Change the values of up to 5,000 customers"""
        wanted: ValuesBatch = batch(ValuesBatch)
        with transaction() as session:
            outcomes = actions.change_values(
                session,
                [
                    actions.GivenValues(row.customer_id, row.values, row.known_at)
                    for row in wanted.rows
                ],
                reference=wanted.reference,
            )
        reader = language()
        return encoded(
            ValuesResults(
                [
                    ValuesResult(
                        outcome.customer_id,
                        outcome.status,
                        errors_in_language(outcome.errors, reader),
                    )
                    for outcome in outcomes
                ]
            )
        )


@values.route("/batch/undo")
class ValuesBatchUndoView(MethodView):
    @idempotent
    @values.doc(requestBody=json_schema(UndoBatch))
    @values.response(200, ValuesUndoneSchema)
    def post(self) -> dict[str, int]:
        """Take back what an import did to the values of up to 5,000 customers

        A value that was changed again since stays.
        """
        asked: UndoBatch = batch(UndoBatch)
        with transaction() as session:
            restored = actions.undo_values(session, asked.reference, asked.customer_ids)
        return {"restored": len(restored)}


def _answer(stored: Any) -> Response:
    response = jsonify({} if stored is None else stored.document)
    response.headers.update(etag(0 if stored is None else stored.version))
    return response
