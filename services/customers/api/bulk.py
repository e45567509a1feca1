"""Taking many customers off the list of active ones, and back onto it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from services.customers import actions
from services.customers.actions import Asked
from services.customers.api.asking import whom
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.schemas import (
    BegunSchema,
    DryRunSchema,
    ManyInactiveSchema,
    ManySchema,
)
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
        return _begun(operation)


@blueprint.route("/deactivate")
class Deactivation(MethodView):
    @idempotent
    @blueprint.arguments(ManySchema)
    @blueprint.response(202, BegunSchema)
    @blueprint.alt_response(200, schema=BegunSchema, description="It is done, or only counted")
    def post(self, args: dict[str, Any]) -> Response:
        """Deactivate many customers

        A dry run only counts them. 200: done; 202: at work, see the operation, which can be taken back.
        """
        return _switch("deactivate", args)


@blueprint.route("/reactivate")
class Reactivation(MethodView):
    @idempotent
    @blueprint.arguments(ManyInactiveSchema)
    @blueprint.response(202, BegunSchema)
    @blueprint.alt_response(200, schema=BegunSchema, description="It is done, or only counted")
    def post(self, args: dict[str, Any]) -> Response:
        """Reactivate many customers

        A `filter` and a saved selection mean active ones unless they speak of it. A dry run only counts. 200:
        done; 202: at work, see the operation, which can be taken back.
        """
        return _switch("reactivate", args)


def _switch(kind: str, args: dict[str, Any]) -> Response:
    with transaction() as session:
        chosen = whom(session, args)
        if args["dry_run"] and not isinstance(chosen, Asked):
            count = actions.count_eligible(session, kind, chosen)
            return json_answer({"count": count, "operation_id": None})
        return _begun(
            actions.act_on(session, kind, chosen, by=principal().name, dry_run=args["dry_run"])
        )


def _begun(operation: Any) -> Response:
    status = 200 if operation.state == "finished" else 202
    return json_answer({"count": operation.count, "operation_id": operation.id}, status)
