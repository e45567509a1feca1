"""/groups/operations: acts on many customers as one unit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries
from services.groups.schemas import OperationArgs, OperationSchema
from shared.web import Blueprint, page_of, principal, reading, transaction

operations = Blueprint(
    "group-operations",
    __name__,
    url_prefix="/api/v1/groups/operations",
    read="groups:read",
    write="groups:write",
    description="Acts on many members, as one unit that can be taken back",
)


@operations.route("")
class OperationList(MethodView):
    @operations.arguments(OperationArgs, location="query")
    @operations.response(200, page_of(OperationSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List operations, newest first"""
        with reading() as session:
            return queries.list_operations(session, **args)


@operations.route("/<uuid:operation_id>")
class OperationItem(MethodView):
    @operations.response(200, OperationSchema)
    @operations.alt_response(404, description="There is no such operation")
    def get(self, operation_id: UUID) -> Any:
        """Read an operation

        `done` of `count` tells how far it is.
        """
        with reading() as session:
            return queries.operation(session, operation_id)


@operations.route("/<uuid:operation_id>/undo")
class OperationUndo(MethodView):
    @operations.response(202, OperationSchema)
    @operations.alt_response(200, schema=OperationSchema, description="It is taken back")
    @operations.alt_response(404, description="There is no such operation")
    @operations.alt_response(409, description="It was taken back before")
    def post(self, operation_id: UUID) -> Any:
        """Take an operation back

        Who has left or joined the group since stays so; `kept` counts them. 200: done; 202: at work.
        """
        with transaction() as session:
            operation = actions.OPERATIONS.undo(session, operation_id, by=principal().name)
        return operation, 200 if operation.state == "undone" else 202
