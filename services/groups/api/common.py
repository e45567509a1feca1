"""What the views of this service have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from flask import Response, current_app, request

from services.groups.actions import Actor, Telling
from services.groups.schemas import read_batch
from shared.web import principal
from shared.web.requests import JsonExpected


def actor() -> Actor:
    """Return who asks."""
    asking = principal()
    # A branch's owner administers it, and is not of the head office; a program with every scope may do all.
    scopes = {"head_office"} if _is_person() else {"head_office", "admin"}
    return Actor(name=asking.name, head_office=bool(scopes & asking.scopes))


def _is_person() -> bool:
    return principal().subject.startswith("user:")


def telling(args: dict[str, Any]) -> Telling:
    """Return what is told of a change. Unless it says so, a person's is `manual`, a program's `api`."""
    return Telling(
        by=principal().name,
        source=args.get("source", "manual" if _is_person() else "api"),
        reference=args.get("reference"),
        start_sequences=args.get("start_sequences", "yes"),
    )


def batch(kind: Any) -> Any:
    """Return the request's JSON body as `kind`, which msgspec knows."""
    if not request.is_json:
        raise JsonExpected
    return read_batch(request.get_data(cache=True), kind)


def encoded(answer: Any) -> Response:
    """Return the answer as JSON, written by msgspec."""
    return Response(msgspec.json.encode(answer), content_type="application/json")


def business_now() -> datetime:
    """Return the present moment in the business's zone."""
    return datetime.now(current_app.extensions["settings"].timezone)
