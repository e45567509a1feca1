"""Reading a request's JSON: strict, bounded, and never a 5xx."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import flask
import marshmallow
from flask import request
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from shared.errors import BadRequest, Invalid, Text, UnsupportedType

DEEPEST = 64
FORM_ENCODED = ("application/x-www-form-urlencoded", "multipart/form-data")


class NotJson(BadRequest):
    template = Text("This is not JSON: {reason}.", de="Das ist kein JSON: {reason}.")


class JsonExpected(UnsupportedType):
    template = Text(
        "Send the body as application/json.",
        de="Der Inhalt muss als application/json gesendet werden.",
    )


def json_body() -> Any:
    """Return the request's JSON, parsed strictly.

    Raises JsonExpected for another content type, and NotJson for what is not JSON, nests deeper than 64
    levels, repeats a key, or holds a NUL or half a character.
    """
    if not is_json_request(request):
        raise JsonExpected
    return parse_json(request.get_data(cache=True))


def parse_json(body: bytes) -> Any:
    """Parse JSON text (UTF-8) as `json_body` does."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotJson(reason=Text("it is not UTF-8", de="es ist nicht UTF-8")) from None
    except RecursionError:
        raise NotJson(reason=_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise NotJson(reason=_MALFORMED.fill(line=error.lineno, column=error.colno)) from None
    except _Refused as error:
        raise NotJson(reason=error.reason) from None
    except ValueError:  # an integer of thousands of digits
        raise NotJson(reason=_NUMBER) from None
    _check(value, "\\u" in text)
    return value


class _Refused(Exception):
    def __init__(self, reason: Text) -> None:
        self.reason = reason


_MALFORMED = Text(
    "line {line}, column {column} cannot be read",
    de="Zeile {line}, Spalte {column} ist nicht lesbar",
)
_TWICE = Text("a key stands twice in one object", de="ein Schlüssel steht zweimal in einem Objekt")
_CONSTANT = Text("{name} is not a JSON number", de="{name} ist keine JSON-Zahl")
_NUMBER = Text("it holds a number that is too long", de="es enthält eine zu lange Zahl")
_TOO_DEEP = Text("it nests too deeply", de="es ist zu tief verschachtelt")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused(_TWICE)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _Refused(_CONSTANT.fill(name=name))


def _check(value: Any, escapes: bool) -> None:
    """Refuse depth and, where the text has escapes, characters that no database can keep."""
    level = [value]
    for _ in range(DEEPEST):
        nested: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                nested += item.values()
                if escapes:
                    nested += item.keys()
            elif isinstance(item, list):
                nested += item
            elif escapes and isinstance(item, str) and not _storable(item):
                raise NotJson(
                    reason=Text(
                        "a text holds a NUL or half a character pair",
                        de="ein Text enthält ein NUL-Zeichen oder ein halbes Zeichenpaar",
                    )
                )
        if not nested:
            return
        level = nested
    raise NotJson(reason=_TOO_DEEP)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class StrictParser(FlaskParser):
    """webargs with our JSON reader and our errors."""

    def _raw_load_json(self, req: flask.Request) -> Any:
        if not req.content_length and not req.get_data(cache=True):
            return core.missing
        return json_body()

    def handle_error(
        self, error: marshmallow.ValidationError, *_args: Any, **_kwargs: Any
    ) -> NoReturn:
        raise Invalid(errors=flatten(error.normalized_messages())) from None


def loaded(schema: marshmallow.Schema, sent: Any) -> dict[str, Any]:
    """Load what was sent in a way that webargs does not read. Raises Invalid."""
    try:
        values: dict[str, Any] = schema.load(sent)
    except marshmallow.ValidationError as error:
        raise Invalid(errors=flatten(error.normalized_messages())) from None
    return values


def flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn marshmallow's nested messages into {"rows.3.email": [message, ...]}.

    The location that webargs puts around them (json, query, ...) is left out.
    """
    if not prefix and isinstance(messages, dict) and set(messages) <= LOCATIONS:
        merged: dict[str, list[str]] = {}
        for part in messages.values():
            merged |= flatten(part)
        return merged
    if isinstance(messages, dict):
        found: dict[str, list[str]] = {}
        for key, value in messages.items():
            found |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
        return found
    return {prefix or "_schema": list(messages) if isinstance(messages, list) else [messages]}


LOCATIONS = {"json", "query", "querystring", "form", "files", "headers", "path", "view_args"}
