"""Acts on all customers of one kind."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from services.customers import actions
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.schemas import BegunSchema, DryRunSchema
from shared.web import idempotent, principal, reading, transaction


@blueprint.route("/deactivate-without-opt-in")
class WithoutOptIn(MethodView):
    @idempotent
    @blueprint.arguments(DryRunSchema)
    @blueprint.response(202, BegunSchema)
    @blueprint.alt_response(200, schema=BegunSchema, description="It is done, or only counted")
    def post(self, args: dict[str, Any]) -> Response:
        """Deactivate all customers without a confirmed opt-in

        A dry run only counts them. 200: done; 202: at work, see the operation, which can be taken back.
        """
        if args["dry_run"]:
            with reading() as session:
                count = actions.count_without_opt_in(session)
            return json_answer({"count": count, "operation_id": None})
        with transaction() as session:
            operation = actions.deactivate_without_opt_in(session, by=principal().name)
        status = 200 if operation.state == "finished" else 202
        return json_answer({"count": operation.count, "operation_id": operation.id}, status)
