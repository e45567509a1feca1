"""How a message looks for one customer, with everything that is wrong with it."""

from __future__ import annotations

import email
from email import policy
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.followup.config import Settings
from services.followup.messages.headers import BadAddress
from services.followup.messages.layout import Layout, Message
from services.followup.messages.template import Fields, TemplateProblem
from services.followup.models import Recipient
from services.followup.queries.delivery import attribute_keys
from services.followup.queries.people import person
from services.followup.writing import Writer
from shared.db import utcnow

_NOBODY = UUID(int=0)
_EXAMPLE = {
    "number": 10001, "salutation": "Frau", "first_name": "Anna", "last_name": "Müller",
    "email": "anna.mueller@example.com", "street": "Hauptstraße 1", "postal_code": "10115",
    "city": "Berlin", "country": "DE", "language": "de",
}  # fmt: skip


def preview(
    session: Session, settings: Settings, wanted: dict[str, Any], language: str
) -> dict[str, Any]:
    """The message filled for the wanted customer or an example; the parts are None if it cannot be."""
    keys = attribute_keys(session)
    if wanted["customer_id"] is not None:
        found, attributes = person(session, wanted["customer_id"])
    else:
        found, attributes = Recipient(customer_id=_NOBODY, **_EXAMPLE), keys
    writer = Writer(settings)
    values = writer.values(found, attributes, ("Stammkunden", "Stammkunden"))
    values["unsubscribe_url"] = f"{settings.public_url}/api/v1/public/unsubscribe/preview"
    values["preferences_url"] = f"{settings.public_url}/api/v1/public/preferences/preview"
    message = Message(wanted["subject"], wanted["html"] or "", wanted["text"] or "")
    try:
        layout = Layout(
            message,
            writer.sender({}),
            newsletter=wanted["purpose"] == "newsletter",
            business=settings.business_name,
            fields=Fields(frozenset(keys)),
        )
        letter = layout.fill(_NOBODY, "preview@example.com", "", values, utcnow())
    except (TemplateProblem, BadAddress) as error:
        problem = error.problem.in_language(language)
        return {"subject": None, "html": None, "text": None, "problems": [problem]}
    mail = email.message_from_bytes(letter.data, policy=policy.default)
    parts = {kind: mail.get_body((kind,)) for kind in ("html", "plain")}
    return {
        "subject": letter.subject,
        "html": parts["html"].get_content() if parts["html"] else None,
        "text": parts["plain"].get_content() if parts["plain"] else None,
        "problems": [],
    }
