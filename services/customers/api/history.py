"""What staff note about customers, and what they may choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, current_app, request
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.actions import Asked
from services.customers.api.asking import whom
from services.customers.api.blueprint import history, history_settings, json_answer
from services.customers.errors import CustomerNeeded, EntryNotFound
from services.customers.schemas import (
    BegunSchema,
    EntryPageSchema,
    EntryPatchSchema,
    EntrySchema,
    HistoryArgs,
    HistoryBatchSchema,
    HistorySettingsSchema,
    NewEntrySchema,
    OfferSchema,
    WhoseArgs,
)
from shared.web import (
    expected_version,
    idempotent,
    principal,
    reading,
    transaction,
    versioned,
)

STAFF_LONGEST = 20
SHOWN = tuple(EntrySchema().fields)


@history.route("")
class History(MethodView):
    @history.arguments(HistoryArgs, location="query")
    @history.response(200, EntryPageSchema)
    @history.alt_response(404, description="There is no such customer")
    def get(self, args: dict[str, Any]) -> Response:
        """List a customer's history entries, newest first

        With those of everybody merged into the customer. Each knows its place: "1 of 2".
        """
        with reading() as session:
            customer, family = queries.living_family(session, args["customer_id"])
            page = queries.history_page(session, family, limit=args["limit"], cursor=args["cursor"])
        return json_answer({**page, "items": [_shown(row, customer.id) for row in page["items"]]})

    @idempotent
    @history.arguments(WhoseArgs, location="query")
    @history.arguments(NewEntrySchema)
    @history.response(201, EntrySchema)
    @history.alt_response(404, description="There is no such customer")
    def post(self, whose: dict[str, Any], values: dict[str, Any]) -> Response:
        """Note something about a customer"""
        customer_id = values.pop("customer_id", None) or whose["customer_id"]
        if customer_id is None:
            raise CustomerNeeded
        with transaction() as session:
            entry_id = actions.add_entry(
                session, customer_id, _completed(values), by=principal().name
            )
            response = _answer(session, entry_id, 201)
        response.headers["Location"] = f"/api/v1/history/{entry_id}"
        return response


@history.route("/<uuid:entry_id>")
class HistoryItem(MethodView):
    @history.response(200, EntrySchema)
    @history.alt_response(404, description="There is no such entry")
    def get(self, entry_id: UUID) -> Response:
        """Read a history entry

        `previous_id` is the next newer one, `next_id` the next older one.
        """
        with reading() as session:
            return _answer(session, entry_id)

    @versioned
    @history.arguments(EntryPatchSchema)
    @history.response(200, EntrySchema)
    @history.alt_response(404, description="There is no such entry")
    def patch(self, values: dict[str, Any], entry_id: UUID, version: int) -> Response:
        """Change a history entry

        Fields and attributes left out stay, null clears. Wants If-Match.
        """
        with transaction() as session:
            actions.change_entry(session, entry_id, values, version=version)
            return _answer(session, entry_id)

    @versioned
    @history.response(204)
    @history.alt_response(404, description="There is no such entry")
    def delete(self, entry_id: UUID, version: int) -> None:
        """Delete a history entry

        Wants If-Match.
        """
        with transaction() as session:
            actions.delete_entry(session, entry_id, version=version)


@history.route("/batch")
class HistoryBatch(MethodView):
    @idempotent
    @history.arguments(HistoryBatchSchema)
    @history.response(202, BegunSchema)
    def post(self, args: dict[str, Any]) -> Response:
        """Note the same about many customers

        About those in `customer_ids`, or those that a `selection` finds. Who was merged counts as the one
        they are now; unknown and erased ones are left out. A dry run only counts them. The operation tells
        how far it is, and can be taken back.
        """
        entry = _completed(args["entry"])
        with transaction() as session:
            chosen = whom(session, args)
            if args["dry_run"] and not isinstance(chosen, Asked):
                count = actions.count_for_entry(session, chosen, entry)
                return json_answer({"operation_id": None, "count": count}, 202)
            operation = actions.add_entry_for_all(
                session, chosen, entry, by=principal().name, dry_run=args["dry_run"]
            )
        return json_answer({"operation_id": operation.id, "count": operation.count}, 202)


@history_settings.route("")
class HistorySettings(MethodView):
    @history_settings.response(200, HistorySettingsSchema)
    def get(self) -> Response:
        """Read what may be chosen as info and action of a history entry"""
        with reading() as session:
            return _offered(queries.settings_of_history(session))

    @history_settings.arguments(OfferSchema)
    @history_settings.response(200, HistorySettingsSchema)
    @history_settings.alt_response(412, description="Somebody else changed it since it was read")
    def put(self, offered: dict[str, Any]) -> Response:
        """Offer these as info and action of history entries

        As long as a list is empty anything may be written. Entries keep what is no longer offered. With
        If-Match only if nobody has changed it since.
        """
        version = expected_version() if "If-Match" in request.headers else None
        with transaction() as session:
            return _offered(
                actions.offer(session, offered["infos"], offered["actions"], version=version)
            )


def _completed(values: dict[str, Any]) -> dict[str, Any]:
    """Return a new entry's values with what they leave out: today, and whoever sends them."""
    settings = current_app.extensions["settings"]
    completed = {"date": datetime.now(settings.timezone).date(), **values}
    completed.setdefault("staff", principal().name[:STAFF_LONGEST].strip())
    return completed


def _answer(session: Any, entry_id: UUID, status: int = 200) -> Response:
    entry = queries.entry_in_place(session, entry_id)
    if entry is None:
        raise EntryNotFound(entry_id=entry_id)
    customer_id = queries.survivor_of(session, entry.customer_id)
    return json_answer(_shown(entry, customer_id), status, version=entry.version)


def _offered(settings: Any) -> Response:
    return json_answer(
        {"infos": settings.infos, "actions": settings.actions, "version": settings.version},
        version=settings.version,
    )


def _shown(entry: Any, customer_id: UUID) -> dict[str, Any]:
    """Return the entry as it is shown; `customer_id`: who the customer is today."""
    return {**{name: getattr(entry, name) for name in SHOWN}, "customer_id": customer_id}
