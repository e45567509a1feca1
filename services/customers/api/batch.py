"""Thousands of customers in one request: what the importer writes through."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.views import MethodView

from services.customers import actions
from services.customers.actions.batch import Result
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.lines import read_batch
from services.customers.schemas import (
    BatchAnswerSchema,
    BatchSchema,
    UndoAnswerSchema,
    UndoSchema,
)
from shared.errors import UnsupportedType, errors_in_language
from shared.web import idempotent, language, principal, reading, transaction

BODY_LIMIT = 16 * 1024 * 1024

_BODY = {
    "required": True,
    "content": {"application/json": {"schema": BatchSchema}},
}


@blueprint.route("/batch")
class CustomerBatch(MethodView):
    @idempotent
    @blueprint.doc(requestBody=_BODY)
    @blueprint.response(200, BatchAnswerSchema)
    @blueprint.alt_response(
        422, description="Wrong as a whole; single rows are answered one by one"
    )
    def post(self) -> Response:
        """Create and change up to 5,000 customers

        A row means the customer with its id; else the one with its number; else the one with its e-mail
        address. Fields left out stay, null clears. A row that may mean two persons is a conflict, and so is
        one whose version is not the stored one, unless nothing would change. One bad row does not stop the
        others.
        """
        if not request.is_json:
            raise UnsupportedType
        batch = read_batch(request.get_data(cache=True))
        with reading() if batch.dry_run else transaction() as session:
            results = actions.take_batch(session, batch, by=principal().name)
        reader = language()
        return json_answer(
            {"results": [_shown(result, reader, batch.dry_run) for result in results]}
        )


@blueprint.route("/batch/undo")
class CustomerBatchUndo(MethodView):
    @idempotent
    @blueprint.arguments(UndoSchema)
    @blueprint.response(200, UndoAnswerSchema)
    def post(self, asked: dict[str, Any]) -> Any:
        """Take back what an import did to these customers

        Whom the import created goes, unless somebody has worked with them since. What it changed becomes what
        it was, field by field, unless it was changed again.
        """
        with transaction() as session:
            undone = actions.undo_import(
                session, asked["reference"], asked["customer_ids"], by=principal().name
            )
        reader = language()
        return {
            "results": [
                {
                    "id": one.customer_id,
                    "number": one.number,
                    "status": one.status,
                    "reason": one.reason and one.reason.in_language(reader),
                    "kept": one.kept,
                }
                for one in undone
            ]
        }


def _shown(result: Result, reader: str, dry_run: bool) -> dict[str, Any]:
    customer = result.customer
    answer: dict[str, Any] = {"ref": result.line.ref, "status": result.status}
    if customer is None:
        answer |= {"id": result.line.id, "number": None, "version": None}
    elif dry_run and result.status == "created":
        answer |= {"id": result.line.id, "number": None, "version": 1}
    else:
        answer |= {"id": customer.id, "number": customer.number, "version": customer.version}
    answer["errors"] = errors_in_language(result.errors, reader)
    if result.warnings:
        answer["warnings"] = errors_in_language(result.warnings, reader)
    return answer
