"""The one blueprint that all views of customers share, and how they answer."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response

from shared.web import Blueprint, etag

blueprint = Blueprint(
    "customers",
    __name__,
    url_prefix="/api/v1/customers",
    read="customers:read",
    write="customers:write",
    description="Customers, their numbers and what they allow",
)

_encoder = msgspec.json.Encoder()


def json_answer(data: Any, status: int = 200, *, version: int | None = None) -> Response:
    """Return the data as a JSON response, with the version as its ETag."""
    response = Response(_encoder.encode(data), status, content_type="application/json")
    if version is not None:
        response.headers.update(etag(version))
    return response
