"""Putting together what all services know of a person, and packing it for programs and for people."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import render_template

from services.console.backend import Refused
from services.console.terms import term

Answer = Any
Ask = Callable[[str, str], Answer]
"""Sends a GET with this path to this service and returns its response."""

OTHERS = ("groups", "importer", "followup")


def collect(customer_id: UUID, ask: Ask, now: datetime) -> dict[str, Any]:
    """Return everything that is known of the person, by service.

    A person who was merged from several customers is known to the other services under several ids: each is
    asked for. Raises Refused if there is no such customer, and Unavailable if a service does not answer.
    """
    own = _read(ask("customers", f"/api/v1/customers/{customer_id}/data"))
    others = {
        service: [_read(ask(service, f"/api/v1/{service}/data/{known}")) for known in own["ids"]]
        for service in OTHERS
    }
    return {
        "made_at": now.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "customer_id": str(customer_id),
        "number": own["number"],
        "customers": own,
        **others,
    }


def _read(response: Answer) -> Any:
    if response.status_code != 200:
        raise Refused(response)
    return response.json()


def pack(archive: Mapping[str, Any], business: str, zone: ZoneInfo, language: str) -> bytes:
    """Return the archive as a ZIP file with data.json and index.html (UTF-8)."""
    page = render_template(
        "archives/index.html",
        archive=archive,
        business=business,
        language=language,
        term=lambda name: term(name, language),
        shown=lambda value: _shown(value, zone, language),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("index.html", page)
        files.writestr("data.json", json.dumps(archive, ensure_ascii=False, indent=2))
    return packed.getvalue()


def _shown(value: Any, zone: ZoneInfo, language: str) -> str:
    """Return a single value as people write it."""
    if isinstance(value, bool):
        return {"de": ("nein", "ja")}.get(language, ("no", "yes"))[value]
    text = str(value)
    if not isinstance(value, str) or len(text) < len("2026-11-22") or not text[:4].isdigit():
        return text
    try:
        if len(text) == len("2026-11-22"):
            return datetime.fromisoformat(text).strftime(_DAY.get(language, "%Y-%m-%d"))
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    day = _DAY.get(language, "%Y-%m-%d")
    return moment.astimezone(zone).strftime(f"{day} %H:%M:%S")


_DAY = {"de": "%d.%m.%Y"}
