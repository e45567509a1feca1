"""Asking another service: bounded, repeated only where that is safe."""

import httpx
import pytest

from shared.auth import verify_token
from shared.client import ServiceClient
from shared.errors import Unavailable
from tests.shared.things import ThingSettings


@pytest.fixture
def settings(tmp_path):
    return ThingSettings(data_dir=tmp_path)


class Flaky(httpx.BaseTransport):
    """Answers 503 so many times, then 200."""

    def __init__(self, failures):
        self.failures = failures
        self.requests = []

    def handle_request(self, request):
        self.requests.append(request)
        if len(self.requests) <= self.failures:
            return httpx.Response(503)
        return httpx.Response(200, json={"ok": True})


def client_on(settings, transport):
    return ServiceClient(settings, "groups", scopes=("groups:read",), transport=transport)


def test_a_question_is_repeated_when_the_service_is_away_for_a_moment(settings):
    transport = Flaky(2)
    with client_on(settings, transport) as client:
        assert client.get("/api/v1/groups").json() == {"ok": True}
    assert len(transport.requests) == 3


def test_an_order_is_sent_once_unless_it_has_a_key(settings):
    transport = Flaky(1)
    with client_on(settings, transport) as client:
        with pytest.raises(Unavailable, match="groups"):
            client.post("/api/v1/groups", json={})
        assert len(transport.requests) == 1
    transport = Flaky(1)
    with client_on(settings, transport) as client:
        assert client.post("/x", json={}, headers={"Idempotency-Key": "k"}).status_code == 200


def test_a_service_that_stays_away_is_named(settings):
    with client_on(settings, Flaky(99)) as client, pytest.raises(Unavailable, match="groups"):
        client.get("/api/v1/groups")


def test_each_request_says_who_asks(settings):
    transport = Flaky(0)
    with client_on(settings, transport) as client:
        client.get("/api/v1/groups")
    token = transport.requests[0].headers["Authorization"].removeprefix("Bearer ")
    asking = verify_token(settings, token)
    assert asking.subject == "service:groups"
    assert asking.scopes == {"groups:read"}
