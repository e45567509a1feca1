"""Every door of every service: closed without a token, except where the contract says that it is open."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from werkzeug.routing import AnyConverter, Rule

from tests.structure import SERVICES

# What answers without a token. The console's pages ask for a session instead.
PUBLIC = re.compile(
    r"/health/(live|ready)|/metrics"
    r"|/api/v1/public/(forms|opt-in|unsubscribe|preferences)/.+"
    r"|/f/.+"
    r"|/api/v1/token"  # asks for a client's id and secret
)
PUBLIC_PAGES = re.compile(r"/public/.+|/static/.+|/favicon.ico|/sign-in|/set-up.*")
EXAMPLES = {"UUIDConverter": str(UUID(int=0)), "IntegerConverter": "1", "FloatConverter": "1.0"}


@pytest.fixture
def dialect() -> str:
    """Which door is open does not depend on the database."""
    return "sqlite"


def path_of(rule: Rule) -> str:
    def example(match: re.Match[str]) -> str:
        converter = rule._converters[match[2]]
        if isinstance(converter, AnyConverter):
            return min(converter.items)
        return EXAMPLES.get(type(converter).__name__, "example")

    return re.sub(r"<(\w+(?:\([^)]*\))?:)?(\w+)>", example, rule.rule)


def requests_of(app) -> list[tuple[str, str]]:
    return [
        (method, path_of(rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def is_public(path: str) -> bool:
    return PUBLIC.fullmatch(path) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_a_token(service, app_of, client_for):
    stranger = client_for(service, scopes=None)
    open_doors = []
    for method, path in requests_of(app_of(service)):
        if not path.startswith("/api/") and service == "console":
            continue
        status = stranger.open(path, method=method, json={}).status_code
        closed = status == 401
        if closed is is_public(path) and path != "/api/v1/token":
            open_doors.append(f"{method} {path} answered {status}")

    assert open_doors == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_without_scopes_opens_nothing_but_the_documentation(service, app_of, client_for):
    guest = client_for(service, scopes=())
    opened = []
    for method, path in requests_of(app_of(service)):
        if (
            is_public(path)
            or not path.startswith("/api/")
            or path.startswith(f"/api/v1/{service}/docs")
        ):
            continue
        status = guest.open(path, method=method, json={}).status_code
        if status != 403 and not path.endswith("/openapi.json"):
            opened.append(f"{method} {path} answered {status}")

    assert opened == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_documentation_says_which_scope_an_operation_needs(service, client_for):
    document = client_for(service).get(f"/api/v1/{service}/openapi.json").json

    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                example = re.sub(r"\{[^}]+\}", "example", path)
                assert bool(operation["security"]) is not is_public(example), f"{method} {path}"


def test_the_consoles_pages_send_strangers_to_the_sign_in(app_of, client_for):
    stranger = client_for("console", scopes=None)
    shown = []
    for method, path in requests_of(app_of("console")):
        if path.startswith("/api/") or is_public(path) or PUBLIC_PAGES.fullmatch(path):
            continue
        answer = stranger.open(path, method=method)
        turned_away = answer.status_code in (400, 401, 403) or (
            answer.status_code in (302, 303) and "sign-in" in answer.headers["Location"]
        )
        if not turned_away:
            shown.append(f"{method} {path} answered {answer.status_code}")

    assert shown == []
