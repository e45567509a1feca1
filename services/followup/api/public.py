"""/public/opt-in and /public/unsubscribe: pages for whoever got a mail. Looking changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask.views import MethodView

from services.followup.actions import consent, invitations
from services.followup.api.common import settings
from services.followup.api.waiting import until_nothing_is_on_its_way
from services.followup.pages import page, wants_page
from services.followup.queries.mails import wording as invitation_wording
from services.followup.schemas import PublicStateSchema
from services.followup.tokens import Links
from shared.db import utcnow
from shared.web import Blueprint, reading, transaction

public = Blueprint(
    "public",
    __name__,
    url_prefix="/api/v1/public",
    read=None,
    write=None,
    description="What the links in mails lead to: HTML for people, JSON for programs",
)


@public.route("/unsubscribe/<string:token>")
class Unsubscribe(MethodView):
    @public.response(200, PublicStateSchema)
    def get(self, token: str) -> Response:  # noqa: ARG002 - every token gets the same page
        """Ask whether to unsubscribe"""
        return _answer("unsubscribe", "asking")

    @public.response(200, PublicStateSchema)
    def post(self, token: str) -> Response:
        """Unsubscribe, by the page's button or by one click (RFC 8058)"""
        ids = Links(settings()).read_unsubscribe(token)
        if ids is not None:
            one_click = request.form.get("List-Unsubscribe") == "One-Click"
            with transaction() as session:
                concerned = consent.unsubscribe(
                    session, *ids, "one_click" if one_click else "page", utcnow()
                )
            until_nothing_is_on_its_way(concerned)
        return _answer("unsubscribe", "unsubscribed")


@public.route("/opt-in/<string:token>")
class OptIn(MethodView):
    @public.response(200, PublicStateSchema)
    def get(self, token: str) -> Response:
        """Ask for the yes, in the words that will be kept as its proof"""
        invitation_id = Links(settings()).read_opt_in(token)
        wording = None
        if invitation_id is not None:
            with reading() as session:
                wording = invitation_wording(session, invitation_id)
        return _answer("opt_in", "asking", wording)

    @public.response(200, PublicStateSchema)
    def post(self, token: str) -> Response:
        """Say yes"""
        invitation_id = Links(settings()).read_opt_in(token)
        if invitation_id is not None:
            with transaction() as session:
                invitations.accept(session, invitation_id, request.remote_addr, utcnow())
        return _answer("opt_in", "accepted")


def _answer(subject: str, state: str, wording: str | None = None) -> Response:
    """The same for every token: who asks learns nothing about others'."""
    business = settings().business_name
    if wants_page():
        return page(subject, state, business, wording)
    answer: dict[str, Any] = {"state": state, "business": business, "wording": wording}
    response = jsonify(answer)
    response.headers["Vary"] = "Accept"
    return response
