"""Acts on many customers as one unit: seeing how far they are, and taking them back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.api.blueprint import json_answer, operations
from services.customers.schemas import (
    OperationArgs,
    OperationDetailSchema,
    OperationPageSchema,
)
from shared.operations import why_it_failed
from shared.web import language, paginate, principal, reading, transaction

SHOWN = tuple(name for name in OperationDetailSchema().fields if name != "merges")


@operations.route("")
class OperationList(MethodView):
    @operations.arguments(OperationArgs, location="query")
    @operations.response(200, OperationPageSchema)
    def get(self, args: dict[str, Any]) -> Response:
        """List operations, newest first"""
        with reading() as session:
            page = paginate(
                session,
                queries.operation_list(args["kind"], args["state"]),
                keys=queries.OPERATION_KEYS,
                limit=args["limit"],
                cursor=args["cursor"],
            )
        return json_answer({**page, "items": [_shown(row) for row in page["items"]]})


@operations.route("/<uuid:operation_id>")
class OperationItem(MethodView):
    @operations.response(200, OperationDetailSchema)
    @operations.alt_response(404, description="There is no such operation")
    def get(self, operation_id: UUID) -> Response:
        """Read an operation

        `done` of `count` tells how far it is.
        """
        with reading() as session:
            return _detailed(session, queries.operation(session, operation_id))


@operations.route("/<uuid:operation_id>/undo")
class OperationUndo(MethodView):
    @operations.response(202, OperationDetailSchema)
    @operations.alt_response(200, schema=OperationDetailSchema, description="It is taken back")
    @operations.alt_response(404, description="There is no such operation")
    @operations.alt_response(409, description="It was taken back before, or cannot be")
    def post(self, operation_id: UUID) -> Response:
        """Take an operation back

        What somebody has changed since stays as it is; `kept` counts it. 200: done; 202: at work.
        """
        with transaction() as session:
            operation = actions.undo_operation(session, operation_id, by=principal().name)
            return _detailed(session, operation, 200 if operation.state == "undone" else 202)


def _shown(operation: Any) -> dict[str, Any]:
    shown = {name: getattr(operation, name) for name in SHOWN}
    return {**shown, "failure": why_it_failed(operation, language())}


def _detailed(session: Any, operation: Any, status: int = 200) -> Response:
    merges = [
        {"customer_id": survivor_id, "merged_id": loser_id}
        for survivor_id, loser_id in queries.merges_of(session, operation.id)
    ]
    return json_answer({**_shown(operation), "merges": merges}, status)
