"""The HTTP door: what it refuses, in which words, and that it never breaks."""

import threading
import time
import uuid

import pytest

from shared.auth import LEEWAY_S, issue_token
from tests.shared.things import ThingSettings, create_app, create_tables


@pytest.fixture
def settings(tmp_path):
    return ThingSettings(data_dir=tmp_path)


@pytest.fixture
def app(settings, plain_database):
    create_tables(plain_database)
    return create_app(settings, plain_database)


@pytest.fixture
def token(settings):
    return issue_token(
        settings, subject="user:1", name="Änne", scopes=("groups:read", "groups:write")
    )


@pytest.fixture
def client(app, token):
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def test_what_is_not_public_needs_a_token(app):
    assert app.test_client().get("/api/v1/things").status_code == 401
    assert app.test_client().get("/api/v1/groups/openapi.json").status_code == 401
    assert app.test_client().get("/api/v1/public/things/hello").json == {"hello": "world"}


def test_a_token_with_too_little_is_forbidden_to_write(app, settings):
    reader = issue_token(settings, subject="user:2", name="R", scopes=("groups:read",))
    headers = {"Authorization": f"Bearer {reader}"}

    assert app.test_client().get("/api/v1/things", headers=headers).status_code == 200
    assert app.test_client().post("/api/v1/things/search", headers=headers).json == {"by": "R"}
    answer = app.test_client().post("/api/v1/things", json={"name": "x"}, headers=headers)
    assert answer.status_code == 403
    assert answer.json["detail"] == "This needs the scope groups:write."


@pytest.mark.parametrize(
    "change",
    [
        {"audience": "followup"},
        {"lifetime_s": -3600},
    ],
)
def test_a_token_for_others_or_from_yesterday_is_refused(app, settings, change):
    other = issue_token(settings, subject="u", name="u", scopes=("admin",), **change)
    answer = app.test_client().get("/api/v1/things", headers={"Authorization": f"Bearer {other}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_was_good_a_moment_ago_is_refused_when_it_has_expired(app, settings):
    ends = issue_token(settings, subject="u", name="u", scopes=("admin",), lifetime_s=2 - LEEWAY_S)
    headers = {"Authorization": f"Bearer {ends}"}
    client = app.test_client()

    assert client.get("/api/v1/things", headers=headers).status_code == 200
    time.sleep(
        3.1
    )  # by the real clock, in whole seconds: what is remembered of a token must not outlive it
    assert client.get("/api/v1/things", headers=headers).status_code == 401


def test_a_token_with_any_letter_changed_is_refused(app, token):
    for position in range(0, len(token), 7):
        other = "A" if token[position] != "A" else "B"
        forged = token[:position] + other + token[position + 1 :]
        if position == len(token) - 1:
            continue  # the last letter of base64 has bits that nothing reads
        answer = app.test_client().get(
            "/api/v1/things", headers={"Authorization": f"Bearer {forged}"}
        )
        assert answer.status_code == 401, position


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[", 400),
        ("", 422),
        ('"text"', 422),
        ("null", 422),
        ('{"name": "a", "name": "b"}', 400),
        ('{"name": "\\u0000"}', 400),
        ('{"name": "\\ud800"}', 400),
        ('{"name": "a\\u0007b"}', 422),
        ('{"name": 7}', 422),
        ('{"name": "x", "unknown": 1}', 422),
        ('{"name": "x", "count": 1.5}', 422),
        ('{"name": "x", "count": true}', 422),
        ('{"name": "x", "count": 9223372036854775808}', 422),
        ('{"name": "x", "count": 1e999}', 422),
        ('{"name": "x", "count": NaN}', 400),
        ('{"name": "x", "count": ' + "9" * 5000 + "}", 400),
        ('{"name": "x", "made_at": "2026-11-22T10:00:00"}', 422),
        ('{"name": "x", "made_at": "0001-01-01T00:00:00+14:00"}', 422),
        ('{"name": "x", "made_at": 5}', 422),
        ("[" * 100_000, 400),
        ('{"a":' * 100 + "1" + "}" * 100, 400),
        (b"\xff\xfe{}", 400),
        ("x" * 1_100_000, 413),
    ],
)
def test_hostile_json_is_refused_in_words(client, body, status):
    answer = client.post("/api/v1/things", data=body, content_type="application/json")

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"]


def test_another_content_type_is_refused(client):
    answer = client.post("/api/v1/things", data="name=x", content_type="text/plain")
    assert answer.status_code == 415


def test_messages_come_in_german_where_that_is_asked_for(client):
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    answer = client.post("/api/v1/things", json={"nam": "x"}, headers=german)
    assert answer.json["title"] == "Falsche Angaben"
    assert answer.json["errors"] == {
        "name": ["Diese Angabe fehlt."],
        "nam": ["Dieses Feld gibt es nicht."],
    }
    answer = client.patch(
        f"/api/v1/things/{uuid.UUID(int=1)}", json={}, headers={**german, "If-Match": '"1"'}
    )
    assert answer.json["detail"] == f"Es gibt kein Ding {uuid.UUID(int=1)}."


def test_an_unexpected_error_says_nothing_about_the_inside(client):
    answer = client.get("/api/v1/public/things/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)


def test_a_wrong_method_names_the_right_ones(client):
    answer = client.delete("/api/v1/things")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.mimetype == "application/problem+json"


def test_pages_follow_each_other_without_gap_or_repetition(client):
    for i in range(23):
        client.post("/api/v1/things", json={"name": f"n{i % 3}", "count": i})

    seen, cursor, pages = [], None, 0
    while True:
        query = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/things", query_string=query).json
        assert page["total"] == 23
        seen += [item["count"] for item in page["items"]]
        cursor = page["next"]
        pages += 1
        if cursor is None:
            break
    assert sorted(seen) == list(range(23))
    assert pages == 5


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "cursor=abc", "cursor=%00", "cursor=WzFd", "cursor=W10"],
)
def test_a_bad_page_request_is_refused(client, query):
    assert client.get(f"/api/v1/things?{query}").status_code == 422


def test_changing_needs_the_version_that_was_read(client):
    created = client.post("/api/v1/things", json={"name": "x"})
    address = f"/api/v1/things/{created.json['id']}"
    tag = created.headers["ETag"]

    assert client.patch(address, json={"name": "y"}).status_code == 428
    assert (
        client.patch(address, json={"name": "y"}, headers={"If-Match": f"W/{tag}"}).status_code
        == 200
    )
    assert client.patch(address, json={"name": "z"}, headers={"If-Match": tag}).status_code == 412
    for nonsense in ('"x"', "1", '"99999999999999999999"', "*"):
        answer = client.patch(address, json={"name": "z"}, headers={"If-Match": nonsense})
        assert answer.status_code == 412, nonsense


def test_of_many_who_change_at_once_one_wins(app, client, token):
    created = client.post("/api/v1/things", json={"name": "x"})
    address = f"/api/v1/things/{created.json['id']}"
    answers = []

    def change():
        headers = {"If-Match": created.headers["ETag"], "Authorization": f"Bearer {token}"}
        answer = app.test_client().patch(address, json={"name": "y"}, headers=headers)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=change) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [412] * 7


def test_a_repeated_request_gets_the_same_answer_and_is_done_once(client):
    key = {"Idempotency-Key": "a-1"}
    first = client.post("/api/v1/things", json={"name": "x"}, headers=key)
    again = client.post("/api/v1/things", json={"name": "x"}, headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get("/api/v1/things").json["total"] == 1


def test_a_key_belongs_to_one_request(client):
    key = {"Idempotency-Key": "a-1"}
    client.post("/api/v1/things", json={"name": "x"}, headers=key)
    assert client.post("/api/v1/things", json={"name": "y"}, headers=key).status_code == 422
    bad = client.post("/api/v1/things", json={"name": "y"}, headers={"Idempotency-Key": "x" * 256})
    assert bad.status_code == 422


def test_a_refused_request_may_come_again_with_its_key(client):
    key = {"Idempotency-Key": "a-1"}
    assert client.post("/api/v1/things", json={}, headers=key).status_code == 422
    assert client.post("/api/v1/things", json={"name": "y"}, headers=key).status_code == 201


def test_the_same_request_many_times_at_once_is_done_once(app, client, token):
    answers = []

    def post():
        headers = {"Idempotency-Key": "k", "Authorization": f"Bearer {token}"}
        answers.append(
            app.test_client().post("/api/v1/things", json={"name": "x"}, headers=headers)
        )

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert client.get("/api/v1/things").json["total"] == 1


def test_readiness_names_what_is_away(app, client, monkeypatch):
    assert client.get("/health/ready").json == {"status": "ok", "away": []}
    app.extensions["database"] = type(app.extensions["database"])(
        "postgresql://nobody@127.0.0.1:9/none"
    )
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["away"] == ["database"]
    answer = client.get("/api/v1/things")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_the_openapi_document_says_which_scope_each_operation_needs(client):
    paths = client.get("/api/v1/groups/openapi.json").json["paths"]
    assert paths["/api/v1/things"]["post"]["security"] == [{"token": ["groups:write"]}]
    assert paths["/api/v1/things/search"]["post"]["security"] == [{"token": ["groups:read"]}]
    assert paths["/api/v1/public/things/hello"]["get"]["security"] == []
    page = client.get("/api/v1/groups/docs").get_data(as_text=True)
    assert "/api/v1/things/{thing_id}" in page
