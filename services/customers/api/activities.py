"""What happened with customers: the intake that other systems tell, the timeline, quick information."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.actions import Activity, Description
from services.customers.activity import Money
from services.customers.api.blueprint import activities, blueprint, json_answer
from services.customers.errors import ActivityNotFound
from services.customers.schemas import (
    ActivityPageSchema,
    ActivitySchema,
    NewActivitySchema,
    SummarySchema,
    TakenSchema,
    TimelineArgs,
)
from shared.db import utcnow
from shared.web import idempotent, paginate, principal, reading, transaction

SHOWN = tuple(name for name in ActivitySchema().fields if name != "revenue")


@activities.route("")
class ActivityList(MethodView):
    @activities.arguments(TimelineArgs, location="query")
    @activities.response(200, ActivityPageSchema)
    @activities.alt_response(404, description="There is no such customer")
    def get(self, args: dict[str, Any]) -> Response:
        """Read a customer's timeline

        Newest first, with what happened with everybody merged into the customer.
        """
        with reading() as session:
            customer, family = queries.living_family(session, args["customer_id"])
            page = paginate(
                session,
                queries.timeline(family, kind=args["kind"], source=args["source"]),
                keys=queries.TIMELINE,
                limit=args["limit"],
                cursor=args["cursor"],
            )
        return json_answer({**page, "items": [_shown(row, customer.id) for row in page["items"]]})

    @idempotent
    @activities.arguments(NewActivitySchema)
    @activities.response(201, TakenSchema)
    @activities.alt_response(
        200, schema=TakenSchema, description="The source has told this activity before"
    )
    @activities.alt_response(404, description="The id or number given is nobody's")
    @activities.alt_response(409, description="It fits several customers, or one who was erased")
    def post(self, told: dict[str, Any]) -> Response:
        """Record what happened, with a customer who is found or registered

        Found by id, else by number, else by e-mail address, else by telephone number. Nobody is guessed: if
        several match and not just one of them is active, the answer is 409 and names them. Who is inactive
        stays so.
        """
        person = told.pop("customer")
        revenue = told.pop("revenue")
        with transaction() as session:
            taken = actions.take_in(
                session,
                Description(
                    id=person.pop("id"),
                    number=person.pop("number"),
                    values={name: value for name, value in person.items() if value is not None},
                ),
                Activity(
                    **{**told, "occurred_at": told["occurred_at"] or utcnow()},
                    by=principal().name,
                    revenue=revenue and Money(revenue["cents"], revenue["currency"] or _currency()),
                ),
            )
        response = json_answer(
            {
                "activity": _shown(taken.activity, taken.customer_id),
                "customer_id": taken.customer_id,
                "customer_created": taken.customer_created,
            },
            200 if taken.known else 201,
        )
        response.headers["Location"] = f"/api/v1/activities/{taken.activity.id}"
        return response


@activities.route("/<uuid:activity_id>")
class ActivityItem(MethodView):
    @activities.response(200, ActivitySchema)
    @activities.alt_response(404, description="There is no such activity")
    def get(self, activity_id: UUID) -> Response:
        """Read an activity"""
        with reading() as session:
            found = queries.activity_of(session, activity_id)
            if found is None:
                raise ActivityNotFound(activity_id=activity_id)
            # Activities never change: they have one version.
            return json_answer(
                _shown(found, queries.survivor_of(session, found.customer_id)), version=1
            )


@blueprint.route("/<uuid:customer_id>/summary")
class CustomerSummary(MethodView):
    @blueprint.response(200, SummarySchema)
    @blueprint.alt_response(404, description="There is no such customer")
    def get(self, customer_id: UUID) -> Response:
        """Read quick information about a customer"""
        with reading() as session:
            summary = queries.summary_of(session, customer_id, now=utcnow(), currency=_currency())
        return json_answer(
            {
                "registered_at": summary.registered_at,
                "last_visit_at": summary.last_visit_at,
                "contact_count": summary.contact_count,
                "last_revenue": summary.last_revenue and summary.last_revenue.shown(),
                "total_revenue": summary.total_revenue.shown(),
                "revenues": [money.shown() for money in summary.revenues],
            }
        )


def _currency() -> str:
    currency: str = current_app.extensions["settings"].business_currency
    return currency


def _shown(row: Any, customer_id: UUID) -> dict[str, Any]:
    """Return the activity as it is shown; `customer_id`: who the customer is today."""
    cents = row.revenue_cents
    return {
        **{name: getattr(row, name) for name in SHOWN},
        "customer_id": customer_id,
        "revenue": None if cents is None else Money(cents, row.currency).shown(),
    }
