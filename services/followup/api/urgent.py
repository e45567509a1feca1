"""What customers tell at once, without the detour over the broker: that somebody gets no more mail."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, request
from flask.views import MethodView

from services.followup.api.waiting import until_nothing_is_on_its_way
from services.followup.errors import OnlyForServices, UnreadableEvents
from shared.consumer.letters import Unreadable
from shared.express import CONTENT_TYPE, Desk
from shared.web import Blueprint, principal, transaction

urgent = Blueprint(
    "urgent",
    __name__,
    url_prefix="/api/v1/followup/urgent-events",
    read=None,
    write="followup:write",
    description="What other services tell at once",
)

# The customers service waits for the answer a little longer.
LONGEST_S = 10.0


@urgent.route("")
class UrgentEvents(MethodView):
    @urgent.doc(
        requestBody={"content": {CONTENT_TYPE: {"schema": {"type": "array"}}}, "required": True}
    )
    @urgent.response(204)
    def post(self) -> Response:
        """Hear events before the broker brings them

        Only for services. Answers when no mail that the events forbid can start any more.
        """
        if not principal().subject.startswith("service:"):
            raise OnlyForServices
        desk = cast(Desk, current_app.extensions["desk"])
        try:
            letters = desk.open(request.get_data())
        except Unreadable as error:
            raise UnreadableEvents(problem=str(error)) from None
        with transaction() as session:
            desk.take(session, letters)
        until_nothing_is_on_its_way(
            [letter.event.customer_id for letter in letters],  # type: ignore[attr-defined]
            LONGEST_S,
        )
        return Response(status=204)
