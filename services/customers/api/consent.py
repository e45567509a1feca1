"""Permission to write newsletters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.actions import Proof
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.models import Customer
from services.customers.printing import print_consent_proof
from services.customers.schemas import ConsentSchema, OptInActSchema
from services.customers.schemas.answers import opt_in_of
from shared.db import utcnow
from shared.web import idempotent, language, principal, reading, transaction


@blueprint.route("/<uuid:customer_id>/opt-in")
class OptIn(MethodView):
    @blueprint.response(200, ConsentSchema)
    def get(self, customer_id: UUID) -> Response:
        """Read what the customer allows, with the whole history"""
        with reading() as session:
            return _shown(session, queries.present(session, customer_id))

    @idempotent
    @blueprint.arguments(OptInActSchema)
    @blueprint.response(200, ConsentSchema)
    def post(self, act: dict[str, Any], customer_id: UUID) -> Response:
        """Ask for permission, note that it was given, or that it was withdrawn

        `request` sends an invitation that the customer can accept by a click. `confirm` needs evidence.
        """
        wording = act["wording"]
        if wording is None and act["action"] == "request":
            wording = current_app.extensions["settings"].consent_wording
        proof = Proof(
            way="form" if act["form"] else "by_hand",
            wording=wording,
            form=act["form"],
            evidence=act["evidence"],
            by=principal().name,
        )
        with transaction() as session:
            customer = actions.change_opt_in(session, customer_id, act["action"], proof)
            return _shown(session, customer)


@blueprint.route("/<uuid:customer_id>/opt-in/proof")
class OptInProof(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    def get(self, customer_id: UUID) -> Response:
        """Print the proof of what the customer has allowed, as a PDF

        In the reader's language, with wording, way and time of everything that was said.
        """
        settings = current_app.extensions["settings"]
        with reading() as session:
            customer = queries.present(session, customer_id)
            printed = print_consent_proof(
                customer,
                queries.ledger_of(session, queries.family_of(session, customer_id)),
                business=settings.business_name,
                zone=settings.timezone,
                language=language(),
                now=utcnow(),
            )
        disposition = f'inline; filename="{customer.number}-opt-in.pdf"'
        return Response(
            printed, content_type="application/pdf", headers={"Content-Disposition": disposition}
        )


def _shown(session: Any, customer: Customer) -> Response:
    state = opt_in_of(customer)
    ledger = [
        {name: value for name, value in entry.items() if name != "customer_id"}
        for entry in queries.ledger_of(session, queries.family_of(session, customer.id))
    ]
    return json_answer(
        {
            "state": state.state,
            "requested_at": state.requested_at,
            "confirmed_at": state.confirmed_at,
            "revoked_at": state.revoked_at,
            "ledger": ledger,
        },
        version=customer.version,
    )
