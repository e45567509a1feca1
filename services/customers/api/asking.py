"""Whom somebody asks for, as the list and acts on many understand it."""

from __future__ import annotations

from typing import Any

from flask import current_app

from services.customers import actions
from services.customers.actions import Asked
from services.customers.queries import Filter, HistoryFilter

ACTIVE = {"true": True, "false": False, "all": None}


def asked_for(session: Any, args: dict[str, Any]) -> Filter:
    """Return the filter that `SelectionSchema` or `ListArgs` has read.

    Raises Invalid for a value that an attribute of scope history cannot have.
    """
    history = args["history"]
    if history is not None:
        values = actions.read_values(session, "history", history["attributes"], complete=False)
        history = HistoryFilter(**{**history, "attributes": values})
    return Filter(**{**args, "active": ACTIVE[args["active"]], "history": history})


def whom(session: Any, args: dict[str, Any]) -> Filter | list[Any] | Asked:
    """Return whom what `ManySchema` has read is about."""
    chosen = args["selection"]
    if chosen is None:
        found: list[Any] = args["customer_ids"]
        return found
    chosen = dict(chosen)
    elsewhere = {name: chosen.pop(name) for name in ("selection_id", "filter")}
    if any(value is not None for value in elsewhere.values()):
        return Asked(current_app.extensions["settings"].business_timezone, **elsewhere)
    return asked_for(session, chosen)
