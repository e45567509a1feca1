"""What was sent, what is due, and why something was not sent."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request

from services.console.backend import Refused, customers, followup
from services.console.pages import Pages, needs
from shared.errors import Unavailable

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
    try:
        customer = customers.get(f"/customers/{mail['customer_id']}")
    except (Refused, Unavailable):
        customer = None
    return render_template("mails/show.html", mail=mail, customer=customer)
