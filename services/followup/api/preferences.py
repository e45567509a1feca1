"""/public/preferences: the page on which people choose topics; /followup/preferences: its link, for staff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.views import MethodView

from services.followup.actions import topics as actions
from services.followup.api.common import settings
from services.followup.api.waiting import until_nothing_is_on_its_way
from services.followup.errors import CustomerNotFound
from services.followup.pages import preference_page, wants_page
from services.followup.queries import topics as queries
from services.followup.schemas import ChoiceSchema, PreferencesSchema, PublicPreferencesSchema
from services.followup.tokens import Links
from shared.db import utcnow
from shared.web import Blueprint, json_body, reading, transaction
from shared.web.requests import FORM_ENCODED, loaded

public_preferences = Blueprint(
    "public_preferences",
    __name__,
    url_prefix="/api/v1/public/preferences",
    read=None,
    write=None,
    description="Which topics a person wants to hear of: HTML for people, JSON for programs",
)
preferences = Blueprint(
    "preferences",
    __name__,
    url_prefix="/api/v1/followup/preferences",
    # Whoever has the link can choose for the customer.
    read="followup:write",
    write="followup:write",
    description="Which topics customers want to hear of",
)

_CHOICE = ChoiceSchema()
_SHOWN = PublicPreferencesSchema()


@public_preferences.route("/<string:token>")
class PublicPreferences(MethodView):
    @public_preferences.response(200, PublicPreferencesSchema)
    def get(self, token: str) -> Response:
        """Show the topics, and which of them the person has chosen"""
        return _answer(Links(settings()).read_preferences(token), "asking")

    @public_preferences.doc(
        requestBody={
            "required": True,
            "content": {"application/json": {"schema": ChoiceSchema}},
        }
    )
    @public_preferences.response(200, PublicPreferencesSchema)
    @public_preferences.alt_response(422, description="Not what this takes")
    def post(self, token: str) -> Response:
        """Choose topics

        Choosing one is no consent: that is only given by the link in an invitation. From the answer on no
        newsletter starts that only a declined topic has brought about.
        """
        by_page = request.mimetype in FORM_ENCODED
        choice = _chosen_on_page() if by_page else loaded(_CHOICE, json_body())
        customer_id = Links(settings()).read_preferences(token)
        if customer_id is not None:
            with transaction() as session:
                concerned = actions.choose(session, customer_id, **choice, now=utcnow())
            until_nothing_is_on_its_way(concerned)
        return _answer(customer_id, "saved")


@preferences.route("/<uuid:customer_id>")
class CustomerPreferences(MethodView):
    @preferences.response(200, PreferencesSchema)
    @preferences.alt_response(404, description="There is no such customer")
    def get(self, customer_id: UUID) -> dict[str, Any]:
        """Show what a customer has chosen, and the link by which they choose"""
        with reading() as session:
            found = queries.preferences(session, customer_id)
        if found.customer_id is None:
            raise CustomerNotFound(customer_id=customer_id)
        url = Links(settings()).preferences(found.customer_id)
        return {**found._asdict(), "url": url}


def _chosen_on_page() -> dict[str, Any]:
    """What the page's form sends: the topics that it showed, and those that are ticked."""
    shown, ticked = set(_ids("shown")), set(_ids("topic"))
    return {
        "chosen": ticked,
        "declined": shown - ticked,
        "no_newsletters": bool(request.form.get("no_newsletters")),
    }


def _ids(name: str) -> Iterator[UUID]:
    for value in request.form.getlist(name):
        try:
            yield UUID(value)
        except ValueError:
            continue


def _answer(customer_id: UUID | None, state: str) -> Response:
    """The same for every token that is not ours: who asks learns nothing about others."""
    with reading() as session:
        found = queries.preferences(session, customer_id)
    if wants_page():
        return preference_page(found, state, settings().business_name)
    shown = {**found._asdict(), "state": state, "business": settings().business_name}
    response = jsonify(_SHOWN.dump(shown))
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    return response
