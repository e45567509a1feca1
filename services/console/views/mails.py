"""What was sent, what is due, and why something was not sent."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, followup
from services.console.pages import Pages, needs, say
from shared.db import new_id

blueprint = Pages("mails", __name__)


@blueprint.get("/mails")
@needs("followup:read")
def listing() -> str:
    wanted = {name: request.args.get(name, "") for name in ("state", "sequence_id", "cursor")}
    return render_template(
        "mails/list.html",
        page=followup.get("/mails", limit=50, **wanted),
        wanted=wanted,
        sequences=list(followup.pages("/sequences")),
    )


@blueprint.get("/mails/<uuid:mail_id>")
@needs("followup:read")
def show(mail_id: UUID) -> str:
    mail = followup.get(f"/mails/{mail_id}")
    return render_template("mails/show.html", mail=mail, once=new_id())


@blueprint.post("/mails/<uuid:mail_id>/resend")
@needs("followup:write")
def resend(mail_id: UUID) -> Response:
    """Send a mail again of which nobody knows whether it arrived: only a person may decide that."""
    try:
        followup.post(f"/mails/{mail_id}/resend", once=request.form.get("once"))
        say(gettext("The mail is due again."))
    except Refused as error:
        say(str(error.text), "danger")
    return redirect(url_for("mails.show", mail_id=mail_id))
