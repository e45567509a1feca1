"""What the importer does when it hears of customers: it lets go of the erased."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.importer.exports.actions import forget_people
from services.importer.forgetting.erasing import erase
from shared.consumer import Handler
from shared.events import Event
from shared.events.customers import CustomerErased


def on_customer_erased(session: Session, events: Sequence[CustomerErased]) -> None:
    """Delete the customers' rows, and every file they are in as soon as nobody reads it.

    Who went because their import was undone has not asked for that: the file may be mended and used again.
    """
    asked = {e.customer_id: e.occurred_at for e in events if e.reason == "asked"}
    if asked:
        erase(session, asked)
        forget_people(session)


HANDLERS: dict[type[Event], Handler] = {CustomerErased: on_customer_erased}
