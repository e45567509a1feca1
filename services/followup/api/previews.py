"""/previews: how a message will look, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from services.followup import previewing
from services.followup.api.common import blueprint, settings
from services.followup.schemas import PreviewRequestSchema, PreviewSchema
from shared.web import language, reading, scope

previews = blueprint("previews", "Messages as one customer would see them")


@previews.route("")
class PreviewList(MethodView):
    @scope("followup:read")
    @previews.arguments(PreviewRequestSchema)
    @previews.response(200, PreviewSchema)
    @previews.alt_response(404, description="There is no such customer")
    def post(self, wanted: dict[str, Any]) -> Any:
        """Fill a message for one customer, or for an example"""
        with reading() as session:
            return previewing.preview(session, settings(), wanted, language())
