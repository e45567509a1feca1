"""Whatever somebody sends, the answer is never a 5xx, and the same on both databases."""

from collections.abc import Callable, Iterator
from typing import Any

from flask.testing import FlaskClient

from tests.customers.conftest import BASE

BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"last_name": "\xff"}',
    "NUL": b'{"last_name": "a\\u0000b"}',
    "half a character": b'{"last_name": "\\ud800"}',
    "very deep": b'{"last_name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep in a batch": b'{"rows": [' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"]}",
    "a list": b"[]",
    "a word": b'"x"',
    "null": b"null",
    "a huge number": b'{"version": ' + b"9" * 5_000 + b', "last_name": 1}',
    "infinity": b'{"last_name": Infinity}',
    "a batch of nothing": b'{"rows": []}',
    "strange rows": b'{"rows": [null, 1, [], "x", {}, {"id": 1, "number": 1.5, "version": -1}]}',
    "a huge number in a row": b'{"rows": [{"number": ' + b"9" * 5_000 + b"}]}",
    "a row's big number": b'{"rows": [{"number": 9223372036854775808, "version": 1e400}]}',
    "NUL in a row": b'{"rows": [{"last_name": "a\\u0000b", "note": "\\u0000", "ref": "\\u0000"}]}',
    "half a character in a row": b'{"rows": [{"last_name": "\\udc00"}]}',
    "NUL in a name": b'{"rows": [{"\\u0000": 1}], "\\u0000": 2}',
    "the same key twice": b'{"action": "revoke", "action": "request"}',
    "strange opt-in": b'{"rows": [{"opt_in": 1}, {"opt_in": {"confirmed_at": 7, "evidence": []}}]}',
    "a far year": b'{"rows": [{"registered_at": "0001-01-01T00:00:00+23:59", "birthday": "0000-00-00"}]}',
    "a long note": b'{"last_name": "x", "note": "' + b"n" * 900_000 + b'"}',
}


def doors(customer_id: str) -> Iterator[tuple[str, str]]:
    yield "POST", BASE
    yield "POST", f"{BASE}/batch"
    yield "PATCH", f"{BASE}/{customer_id}"
    yield "POST", f"{BASE}/{customer_id}/opt-in"
    yield "POST", f"{BASE}/{customer_id}/deactivate"
    yield "DELETE", f"{BASE}/{customer_id}x"


def test_no_body_breaks_any_door(client: FlaskClient, create: Callable) -> None:
    customer = create(last_name="Müller", email="m@example.de")
    answers: dict[str, dict[str, Any]] = {}
    for name, body in BODIES.items():
        for method, path in doors(customer["id"]):
            response = client.open(
                path,
                method=method,
                data=body,
                content_type="application/json",
                headers={"If-Match": '"1"'},
            )
            assert response.status_code < 500, (name, method, path)
            answers.setdefault(path.removeprefix(BASE), {})[name] = response.status_code

    assert set(answers["/batch"].values()) <= {200, 400, 422}
    assert answers["/batch"]["deep in a batch"] in (400, 422)
    assert answers[""]["NUL"] == answers[""]["half a character"] == 400


def test_a_body_of_another_kind_is_refused(client: FlaskClient) -> None:
    for path in (BASE, f"{BASE}/batch"):
        assert client.post(path, data=b"a=1", content_type="text/plain").status_code == 415


def test_a_body_beyond_the_limit_is_refused(client: FlaskClient) -> None:
    response = client.post(
        f"{BASE}/batch", data=b" " * (17 * 1024 * 1024), content_type="application/json"
    )

    assert response.status_code == 413


def test_strange_rows_are_refused_one_by_one(batch: Callable) -> None:
    results = batch(
        {"last_name": "a\u0000b"}, {"ref": "\u0000" * 300, "last_name": "x"}, {"last_name": "Gut"}
    )

    assert [r["status"] for r in results] == ["invalid", "invalid", "created"]


def test_addresses_that_are_no_ids_are_not_found(client: FlaskClient) -> None:
    for name in ("1", "x" * 5_000, "%00", "%ff", "9" * 400):
        assert client.get(f"{BASE}/{name}").status_code == 404
