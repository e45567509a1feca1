"""The blueprints of this service, one for each noun, and how their views answer."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response

from shared.web import Blueprint, etag


def _noun(name: str, description: str) -> Blueprint:
    return Blueprint(
        name,
        __name__,
        url_prefix=f"/api/v1/{name}",
        read="customers:read",
        write="customers:write",
        description=description,
    )


blueprint = _noun("customers", "Customers, their numbers and what they allow")
activities = _noun("activities", "What happened with customers")
history = _noun("history", "What staff note about customers")
history_settings = _noun("history-settings", "What may be chosen in history entries")
duplicates = _noun("duplicates", "Customers who may be one person")
operations = _noun("operations", "Acts on many customers, as one unit that can be taken back")
erasures = _noun("erasures", "Receipts of who has let go of an erased person")

BLUEPRINTS = [blueprint, activities, history, history_settings, duplicates, operations, erasures]

_encoder = msgspec.json.Encoder()


def json_answer(data: Any, status: int = 200, *, version: int | None = None) -> Response:
    """Return the data as a JSON response, with the version as its ETag."""
    response = Response(_encoder.encode(data), status, content_type="application/json")
    if version is not None:
        response.headers.update(etag(version))
    return response
