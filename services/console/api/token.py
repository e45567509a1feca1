"""The token endpoint: a program's id and secret for a short-lived access token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, request
from flask.views import MethodView
from marshmallow import ValidationError

from services.console import actions, passwords, queries
from services.console.errors import ApiClientNotFound, ClientRefused, GrantRefused, ScopeRefused
from services.console.models import ApiClient
from services.console.schemas import Token, TokenRequest
from shared.auth import ACCESS_S, issue_token
from shared.errors import Invalid
from shared.web import Blueprint, json_body, reading, transaction
from shared.web.requests import flatten

blueprint = Blueprint("token", __name__, url_prefix="/api/v1/token", read=None, write=None)


@blueprint.route("")
class TokenDoor(MethodView):
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                kind: {"schema": TokenRequest}
                for kind in ("application/x-www-form-urlencoded", "application/json")
            },
        }
    )
    @blueprint.response(200, Token)
    @blueprint.alt_response(401, description="Id or secret is not right, or the client was revoked")
    @blueprint.alt_response(422, description="Another grant type, or a scope this client lacks")
    @blueprint.alt_response(429, description="Too many attempts")
    def post(self) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Get an access token (OAuth2 client credentials)"""
        wanted = _request()
        if wanted["grant_type"] != "client_credentials":
            raise GrantRefused(grant=wanted["grant_type"])
        client_id, secret = wanted["client_id"] or "", wanted["client_secret"] or ""
        limits = {f"client:{client_id}": 20, f"token:{request.remote_addr}": 100}
        with transaction() as session:
            actions.count_attempt(session, limits)
        client = _client(client_id)
        stored = client.secret_hash if client and client.revoked_at is None else None
        if not passwords.matches(stored, secret) or client is None:
            raise ClientRefused(extra={"error": "invalid_client"})
        scopes = _scopes(client, wanted["scope"].split())
        with transaction() as session:
            actions.note_use(session, client.id)
            actions.forget_attempts(session, limits)
        token = issue_token(
            current_app.extensions["settings"],
            subject=f"client:{client.id}",
            name=client.name,
            scopes=scopes,
            lifetime_s=ACCESS_S,
        )
        return (
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": ACCESS_S,
                "scope": " ".join(scopes),
            },
            200,
            {"Cache-Control": "no-store", "Pragma": "no-cache"},
        )


def _request() -> dict[str, Any]:
    given = json_body() if request.is_json else request.form.to_dict()
    try:
        wanted: dict[str, Any] = TokenRequest().load(given)
    except ValidationError as error:
        raise Invalid(errors=flatten(error.normalized_messages())) from None
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        wanted |= {"client_id": basic.username, "client_secret": basic.password}
    return wanted


def _client(client_id: str) -> ApiClient | None:
    try:
        with reading() as session:
            return queries.api_client(session, UUID(client_id))
    except (ValueError, ApiClientNotFound):
        return None


def _scopes(client: ApiClient, wanted: list[str]) -> tuple[str, ...]:
    for scope in wanted:
        if scope not in client.scopes:
            raise ScopeRefused(
                scope=scope,
                scopes=", ".join(client.scopes),
                extra={"error": "invalid_scope"},
            )
    return tuple(sorted(set(wanted))) or tuple(client.scopes)
