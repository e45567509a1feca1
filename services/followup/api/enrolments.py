"""/enrolments: customers' ways through sequences."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.followup.actions import leaving
from services.followup.api.common import blueprint
from services.followup.queries import plans
from services.followup.queries import sequences as queries
from services.followup.queries.enrolments import list_enrolments, named
from services.followup.schemas import EnrolmentArgs, EnrolmentSchema, PlanSchema
from shared.db import utcnow
from shared.web import page_of, reading, transaction

enrolments = blueprint("enrolments", "Who goes through which sequence, and what comes next")


@enrolments.route("")
class EnrolmentList(MethodView):
    @enrolments.arguments(EnrolmentArgs, location="query")
    @enrolments.response(200, page_of(EnrolmentSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List enrolments, the newest first"""
        with reading() as session:
            return list_enrolments(session, **args)


@enrolments.route("/<uuid:enrolment_id>/stop")
class Stop(MethodView):
    @enrolments.response(200, EnrolmentSchema)
    @enrolments.alt_response(404, description="There is no such enrolment")
    @enrolments.alt_response(409, description="It has ended already")
    def post(self, enrolment_id: UUID) -> Any:
        """Take a customer out of a sequence"""
        with transaction() as session:
            found = leaving.stop(session, enrolment_id, utcnow())
            return named(found, queries.by_id(session, [found.sequence_id]))


@enrolments.route("/<uuid:enrolment_id>/plan")
class Plan(MethodView):
    @enrolments.response(200, PlanSchema)
    @enrolments.alt_response(404, description="There is no such enrolment")
    def get(self, enrolment_id: UUID) -> Any:
        """What comes next and when, and why something does not"""
        with reading() as session:
            return plans.plan(session, enrolment_id, utcnow())
