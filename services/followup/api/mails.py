"""/mails: every single mail with its state and reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.followup.actions import advancing
from services.followup.api.common import blueprint
from services.followup.queries.mails import list_mails, mail
from services.followup.schemas import MailArgs, MailSchema
from shared.db import utcnow
from shared.web import idempotent, page_of, reading, transaction

mails = blueprint("mails", "Every mail: due, sent, or why not")


@mails.route("")
class MailList(MethodView):
    @mails.arguments(MailArgs, location="query")
    @mails.response(200, page_of(MailSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List mails, the newest first"""
        with reading() as session:
            return list_mails(session, **args)


@mails.route("/<uuid:mail_id>")
class MailItem(MethodView):
    @mails.response(200, MailSchema)
    @mails.alt_response(404, description="There is no such mail")
    def get(self, mail_id: UUID) -> Any:
        """Show a mail's state"""
        with reading() as session:
            return mail(session, mail_id)


@mails.route("/<uuid:mail_id>/resend")
class Resend(MethodView):
    @idempotent
    @mails.response(200, MailSchema)
    @mails.alt_response(404, description="There is no such mail")
    @mails.alt_response(409, description="Only an uncertain mail can be sent again")
    def post(self, mail_id: UUID) -> Any:
        """Send a mail again of which nobody knows whether it arrived"""
        with transaction() as session:
            return advancing.resend(session, mail_id, utcnow())
