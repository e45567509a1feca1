"""Programs get access tokens for an id and a secret."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.console.config import Settings
from shared.auth import verify_token
from tests.console.browsing import Person


@pytest.fixture
def program(anna: Person) -> tuple[str, str]:
    """A client's id and secret, as they are shown once."""
    page = anna.send(
        "/api-clients/new", name="Buchungsseite", scopes=["customers:read", "groups:read"]
    ).text
    shown = dict(re.findall(r'<code id="(client-id|client-secret)">([^<]+)</code>', page))
    return shown["client-id"], shown["client-secret"]


def ask(app: Flask, **options: Any) -> TestResponse:
    return app.test_client().post("/api/v1/token", **options)


def scopes_in(app: Flask, response: TestResponse) -> frozenset[str]:
    settings: Settings = app.extensions["settings"]
    assert response.status_code == 200
    return verify_token(settings, response.json["access_token"]).scopes  # type: ignore[index]


def test_the_credentials_may_come_as_form_json_or_basic(
    console: Flask, program: tuple[str, str]
) -> None:
    given = {
        "grant_type": "client_credentials",
        "client_id": program[0],
        "client_secret": program[1],
    }
    basic = base64.b64encode(":".join(program).encode()).decode()
    answers = [
        ask(console, data=given),
        ask(console, json=given),
        ask(
            console,
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        ),
    ]

    for answer in answers:
        assert scopes_in(console, answer) == {"customers:read", "groups:read"}
        assert answer.json is not None
        assert answer.json["token_type"] == "Bearer"
        assert answer.json["expires_in"] == 900
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_program_may_ask_for_less_but_not_for_more(
    console: Flask, program: tuple[str, str]
) -> None:
    given = {"client_id": program[0], "client_secret": program[1]}

    assert scopes_in(console, ask(console, data=given | {"scope": "groups:read"})) == {
        "groups:read"
    }
    more = ask(console, data=given | {"scope": "groups:read admin"})
    assert more.status_code == 422
    assert more.json is not None
    assert more.json["error"] == "invalid_scope"
    assert "customers:read, groups:read" in more.json["detail"]


def test_a_revoked_program_gets_nothing(
    console: Flask, anna: Person, program: tuple[str, str]
) -> None:
    anna.send(f"/api-clients/{program[0]}/revoke", page="/api-clients")

    refused = ask(console, data={"client_id": program[0], "client_secret": program[1]})
    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 401),
        ({"client_id": "anna", "client_secret": "x"}, 401),
        ({"client_id": "01a2032d-f46c-71a0-b0d9-643e0000021a", "client_secret": "x"}, 401),
        ({"client_id": "x" * 5000, "client_secret": "x"}, 422),
        ({"client_id": "x", "client_secret": "\x00"}, 422),
        ({"grant_type": "password", "client_id": "x", "client_secret": "x"}, 422),
    ],
)
def test_anything_else_is_refused_as_a_problem(
    console: Flask, body: dict[str, str], status: int
) -> None:
    answer = ask(console, data=body)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("raw", [b"", b"[]", b'"x"', b"{", b"\xff", b'{"client_id": 5}'])
def test_json_that_is_none_is_refused_as_a_problem(console: Flask, raw: bytes) -> None:
    answer = ask(console, data=raw, content_type="application/json")

    assert answer.status_code in (400, 401, 422)
    assert answer.content_type == "application/problem+json"


def test_guessing_a_secret_is_stopped(console: Flask, program: tuple[str, str]) -> None:
    for _ in range(20):
        assert ask(console, data={"client_id": program[0], "client_secret": "x"}).status_code == 401

    stopped = ask(console, data={"client_id": program[0], "client_secret": program[1]})
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
