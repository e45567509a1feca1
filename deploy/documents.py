"""Writes the documents that follow from the code: what the services tell each other."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from shared.events import EVENTS, SUBSCRIPTIONS, Event

HOW_EVENTS_TRAVEL = """\
Every event goes to the durable topic exchange `events` with its name as routing key, as one
[CloudEvents 1.0](https://cloudevents.io) JSON document. Each service that hears events has one quorum queue
with
its own name; what it cannot handle ends in `<service>.dead`. An event may arrive twice, late, or out of
order:
its `id` tells repetitions, `version` tells the order."""

DOCS = Path(__file__).resolve().parents[1] / "docs"


def write(folder: Path = DOCS) -> list[Path]:
    """Write events.md and asyncapi.json into `folder`; return what was written."""
    pages = {"events.md": events_page(), "asyncapi.json": asyncapi()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


def events_page() -> str:
    """Return the catalogue as a page to read (Markdown)."""
    lines = [
        "# Events",
        "",
        "What the services tell each other. Written by `python -m deploy documents` from `shared/events`.",
        "",
        HOW_EVENTS_TRAVEL,
    ]
    for service in dict.fromkeys(name.partition(".")[0] for name in EVENTS):
        lines += ["", f"## {service}"]
        for event in EVENTS.values():
            if event.name.partition(".")[0] == service:
                lines += ["", *_event(event)]
    return "\n".join(lines) + "\n"


def _event(event: type[Event]) -> list[str]:
    hearing = [service for service, heard in SUBSCRIPTIONS.items() if event in heard]
    fields = ", ".join(
        f"`{field.name}`" if field.required else f"`{field.name}`?"
        for field in msgspec.structs.fields(event)
    )
    return [
        f"### {event.__name__}",
        "",
        f"`{event.name}` · heard by {', '.join(hearing) or 'nobody yet'}",
        "",
        inspect.getdoc(event) or "",
        "",
        f"Data: {fields}",
    ]


def asyncapi() -> str:
    """Return the catalogue as an AsyncAPI 3.0 document (JSON)."""
    schemas, components = msgspec.json.schema_components(
        EVENTS.values(), ref_template="#/components/schemas/{name}"
    )
    messages: dict[str, Any] = {
        event.__name__: {
            "name": event.name,
            "summary": inspect.getdoc(event),
            "contentType": "application/cloudevents+json",
            "payload": _envelope(event.name, schema),
        }
        for event, schema in zip(EVENTS.values(), schemas, strict=True)
    }
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Stammkunde events", "version": "1.0.0"},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            event.name: {
                "address": event.name,
                "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
                "bindings": {
                    "amqp": {
                        "is": "routingKey",
                        "exchange": {"name": "events", "type": "topic", "durable": True},
                    }
                },
            }
            for event in EVENTS.values()
        },
        "operations": {
            f"tell{event.__name__}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{event.name.replace('/', '~1')}"},
            }
            for event in EVENTS.values()
        },
        "components": {"messages": messages, "schemas": components},
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _envelope(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"const": "/" + name.partition(".")[0]},
            "type": {"const": name},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string"},
            "traceparent": {"type": "string"},
            "data": data,
        },
    }
