"""What the importer does when it hears of customers: it lets go of the erased."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.importer import erasing
from shared.consumer import Handler
from shared.events import Event
from shared.events.customers import CustomerErased


def on_customer_erased(session: Session, events: Sequence[CustomerErased]) -> None:
    """Delete the customers' rows, and every file they are in as soon as nobody reads it."""
    erasing.erase(session, {event.customer_id: event.occurred_at for event in events})


HANDLERS: dict[type[Event], Handler] = {CustomerErased: on_customer_erased}
