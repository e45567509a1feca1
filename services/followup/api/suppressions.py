"""/suppressions: addresses that get no mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.followup.actions import consent
from services.followup.api.common import blueprint
from services.followup.api.waiting import until_nothing_is_on_its_way
from services.followup.queries.standings import customers_with
from services.followup.queries.suppressions import list_suppressions
from services.followup.schemas import (
    SuppressionArgs,
    SuppressionCreateSchema,
    SuppressionSchema,
)
from shared.db import utcnow
from shared.web import idempotent, page_of, principal, reading, transaction

suppressions = blueprint("suppressions", "Addresses that get no mail, and why")


@suppressions.route("")
class SuppressionList(MethodView):
    @suppressions.arguments(SuppressionArgs, location="query")
    @suppressions.response(200, page_of(SuppressionSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List suppressions, the newest first; ?email= asks for one address"""
        with reading() as session:
            return list_suppressions(session, **args)

    @idempotent
    @suppressions.arguments(SuppressionCreateSchema)
    @suppressions.response(201, SuppressionSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Block an address"""
        with transaction() as session:
            found = consent.suppress_address(
                session, fields["email"], fields.get("note"), principal().name, utcnow()
            )
            concerned = customers_with(session, [found.address_key])
        until_nothing_is_on_its_way(concerned)
        return found


@suppressions.route("/<uuid:suppression_id>")
class SuppressionItem(MethodView):
    @suppressions.response(204)
    @suppressions.alt_response(404, description="There is no such suppression")
    def delete(self, suppression_id: UUID) -> None:
        """Allow an address again"""
        with transaction() as session:
            consent.lift(session, suppression_id, utcnow())
