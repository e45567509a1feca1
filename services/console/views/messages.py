"""How a message looks before anybody gets it."""

from __future__ import annotations

from typing import Any

from flask import Response as FlaskResponse
from flask import render_template, request

from services.console.backend import Refused, customers, followup
from services.console.pages import Pages, needs
from services.console.views.mailbox import letter_page
from shared.errors import Unavailable

blueprint = Pages("messages", __name__)


@blueprint.post("/messages/preview")
@needs("followup:read")
def preview() -> FlaskResponse:
    """Render a message with a real customer's data, for the frame beside the editor."""
    rendered = _rendered(request.form.get("message", ""))
    return letter_page(render_template("messages/preview.html", **rendered))


def newest_customers() -> list[dict[str, Any]]:
    """Return some with whose data a preview can be made; none if their service is away."""
    try:
        return list(customers.get("/customers", limit=20, sort="-registered_at")["items"])
    except (Refused, Unavailable):
        return []


def all_reasons(error: Refused) -> str:
    """Return a refusal with everything that was said about single fields."""
    listed = [f"{field}: {m}" for field, messages in (error.errors or {}).items() for m in messages]
    return " ".join([str(error.text), *listed])


def _rendered(prefix: str) -> dict[str, Any]:
    content = {
        name: request.form.get(f"{prefix}-{name}", "") for name in ("subject", "html", "text")
    }
    customer_id = request.form.get("preview_customer") or None
    body = {key: value for key, value in content.items() if value} | {"customer_id": customer_id}
    try:
        return {"mail": followup.post("/previews", body), "problem": None}
    except Refused as error:
        return {"mail": {}, "problem": all_reasons(error)}
