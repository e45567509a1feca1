"""Every request shows a token, unless its view is public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, request

from shared.auth import Principal, verify_token
from shared.errors import Forbidden, Unauthorized
from shared.web.blueprint import Blueprint

PUBLIC_ENDPOINTS = {"health.live", "health.ready", "health.metrics"}


def init_app(app: Flask) -> None:
    app.before_request(_authorise)
    app.after_request(_harden)


def principal() -> Principal:
    """Return who asks. Raises Unauthorized in a public view, where nobody has shown who they are."""
    asking: Principal | None = g.get("principal")
    if asking is None:
        raise Unauthorized
    return asking


def _authorise() -> None:
    if request.endpoint is None or request.endpoint in PUBLIC_ENDPOINTS:
        return
    blueprint = current_app.blueprints.get(request.blueprint or "")
    needed: str | None = None
    if isinstance(blueprint, Blueprint):
        needed = blueprint.scope_of(request.method, _view_function())
        if needed is None:
            return
    elif current_app.config["PAGES"]:
        return
    g.principal = _bearer()
    if needed is not None and not g.principal.may(needed):
        raise Forbidden(scope=needed)


def _bearer() -> Principal:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthorized
    settings = current_app.extensions["settings"]
    return verify_token(settings, token.strip())


def _view_function() -> Callable[..., Any] | None:
    view = current_app.view_functions[request.endpoint or ""]
    cls = getattr(view, "view_class", None)
    if cls is None:
        return view
    method = "get" if request.method == "HEAD" else request.method.lower()
    found: Callable[..., Any] | None = getattr(cls, method, None)
    return found


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
