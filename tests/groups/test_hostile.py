"""No writing operation answers a 5xx, whatever it is sent."""

import json

import pytest

ID = "01a20373-5a0f-7776-9c57-810651761910"
WRITES = [
    ("POST", "/groups"),
    ("PATCH", "/groups/{group}"),
    ("POST", "/groups/{group}/members"),
    ("POST", "/memberships/batch"),
    ("POST", "/attributes"),
    ("PATCH", "/attributes/{attribute}"),
    ("PATCH", f"/attribute-values/{ID}"),
    ("POST", "/attribute-values/batch"),
    ("POST", "/forms"),
    ("PATCH", "/forms/{form}"),
    ("POST", "/public/forms/anfrage/submissions"),
]
STRANGE = [
    "null", "7", '"x"', "[]", "{}", "nonsense", "", "\x00", "[" * 50_000, '{"a":' * 50_000,
    '{"name": "\\ud800"}', '{"name": "a\\u0000b"}', '{"name": {"a": []}}', '{"name": 1e999}',
    '{"name": ' + "9" * 5_000 + "}", '{"name": "' + "x" * 50_000 + '"}', '{"parent_id": 1.5}',
    '{"wert": "\\u0000"}', '{"wert": "\\ud800"}', '{"wert": 1e308}', '{"wert": [1]}',
    '{"wert": 123456789012345678901234567890}', '{"\\u0000": 1}',
    '{"rows": null}', '{"rows": [null]}', '{"rows": [{}]}', '{"rows": [], "source": "\\u0000"}',
    '{"rows": [{"customer_id": "x", "groups": [], "values": {}}]}',
    f'{{"rows": [{{"customer_id": "{ID}", "groups": ["a\\u0000", "\\ud800"]}}]}}',
    f'{{"rows": [{{"customer_id": "{ID}", "groups": ["\\u0000/b"]}}], "create_missing": true}}',
    f'{{"rows": [{{"customer_id": "{ID}", "values": {{"wert": "\\u0000", "\\u0001": 2}}}}]}}',
    '{"customer_ids": ["x", 7, null]}', '{"label": {"de": "\\u0000"}, "type": "text"}',
    '{"label": {"de": "X"}, "type": "text", "position": 99999999999999999999}',
    '{"label": {"de": "X"}, "type": "choice", "choices": [null, 7, "\\u0000"]}',
    '{"label": {"de": "X"}, "type": "text", "pattern": "(((((a{1000}){1000}){1000})"}',
    '{"title": "X", "fields": null}', '{"title": "X", "fields": [{"field": "\\u0000"}]}',
    '{"title": "X", "fields": [{"attribute": "\\ud800", "label": {}}], "groups": [{"group_id": 7}]}',
    '{"title": "\\u0000", "fields": [{"field": "email"}], "allowed_origins": ["\\n"]}',
    '{"token": "x", "fields": {"email": ["x"], "last_name": {"a": 1}, "\\u0001": 1e308}}',
    '{"token": "x", "homepage": "x", "fields": {"email": 1e999}}',
    '{"token": "x", "homepage": "x", "fields": {"email": "\\u0007", "last_name": 7}, "groups": [null]}',
]  # fmt: skip


def anfrage(groups):
    fields = [{"field": "email"}, {"field": "last_name"}]
    return groups.post("/forms", {"title": "Anfrage", "fields": fields}).json["id"]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_no_body_makes_it_fail(groups, method, path):
    group = groups.group("A")
    attribute = groups.attribute("Wert")["id"]
    url = "/api/v1" + path.format(group=group, attribute=attribute, form=anfrage(groups))
    headers = {"If-Match": '"1"'} if "{" in path and method == "PATCH" else {}

    for body in STRANGE:
        answer = groups.client.open(
            url, method=method, data=body, content_type="application/json", headers=headers
        )
        assert answer.status_code < 500, (body[:80], answer.data[:300])
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json"
            assert json.loads(answer.data)["status"] == answer.status_code


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_another_content_type_is_refused(groups, method, path):
    url = "/api/v1" + path.format(
        group=groups.group("A"), attribute=groups.attribute("Wert")["id"], form=anfrage(groups)
    )

    answer = groups.client.open(
        url, method=method, data="name=x", content_type="text/plain", headers={"If-Match": '"1"'}
    )

    assert answer.status_code in (412, 415)


def test_a_batch_has_at_most_5000_rows(groups):
    rows = [{"customer_id": ID, "groups": []}] * 5001

    assert groups.post("/memberships/batch", {"rows": rows}).status_code == 422
