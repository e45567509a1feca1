"""The services that an import writes through."""

from __future__ import annotations

from typing import Any, Self

import httpx
import msgspec
import orjson

from services.importer.config import Settings
from services.importer.errors import ServiceRefused
from services.importer.mapping import Attribute
from shared.client import ServiceClient
from shared.errors import Unavailable

SLOW = httpx.Timeout(60, connect=2)
PAGE = 500

Results = list[dict[str, Any]]


class Services:
    """The customers, groups and follow-up services, as seen by one import or one request.

    `name` is who is shown as having done it, `language` the one that reasons come in.
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.BaseTransport | None,
        *,
        name: str | None = None,
        language: str = "en",
    ) -> None:
        def client(service: str, *scopes: str) -> ServiceClient:
            return ServiceClient(
                settings,
                service,
                scopes=scopes,
                name=name,
                language=language,
                transport=transport,
                timeout=SLOW,
            )

        self._customers = client("customers", "customers:read", "customers:write")
        self._groups = client("groups", "groups:read", "groups:write")
        self._clients = {
            "customers": self._customers,
            "groups": self._groups,
            "followup": client("followup", "followup:read"),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def attributes(self) -> list[Attribute]:
        """Return the definitions of the customers' attributes."""
        items = self._all("/api/v1/attributes", scope="customer")
        return msgspec.convert(items, list[Attribute])

    def knows_number(self, number: int) -> bool:
        """True if some customer, active or not, has the number."""
        asked = {"number": str(number), "active": "all", "limit": "1"}
        return bool(self._page(self._customers, "customers", "/api/v1/customers", asked)["items"])

    def group_paths(self) -> list[str]:
        return [group["path"] for group in self._all("/api/v1/groups")]

    def write_customers(self, body: dict[str, Any], *, key: str | None, line: int) -> Results:
        """Send a batch. The rows' results come in their order."""
        results: Results = self._written("customers", "customers/batch", body, key, line)["results"]
        return results

    def write_memberships(self, body: dict[str, Any], *, key: str, line: int) -> dict[str, Any]:
        """Send a batch. The answer has `results` and `created_groups`."""
        return self._written("groups", "memberships/batch", body, key, line)

    def undo_customers(self, body: dict[str, Any], *, key: str, line: int) -> Results:
        """Take back what an import did to the customers. The results come in their order."""
        results: Results = self._written("customers", "customers/batch/undo", body, key, line)[
            "results"
        ]
        return results

    def undo_groups(self, body: dict[str, Any], *, key: str, line: int) -> None:
        """Take back what an import did to the customers' groups and values."""
        for noun in ("memberships", "attribute-values"):
            self._written("groups", f"{noun}/batch/undo", body, f"{key}:{noun}", line)

    def delete_group(self, group_id: str) -> None:
        """Delete a group that nobody is in and nothing uses; any other stays."""
        address = f"/api/v1/groups/{group_id}"
        found = self._groups.get(address)
        if found.is_success:
            self._groups.delete(address, headers={"If-Match": found.headers["ETag"]})

    def foresee(self, rows: list[dict[str, Any]], *, create_missing: bool) -> dict[str, Any]:
        """Return what would start if these people came into groups."""
        body = {"rows": rows, "create_missing": create_missing}
        return self._written("followup", "sequences/impact", body, None, 0)

    def _written(
        self, service: str, path: str, body: dict[str, Any], key: str | None, line: int
    ) -> dict[str, Any]:
        client = self._clients[service]
        content = orjson.dumps(body)
        response = _post(client, f"/api/v1/{path}", content, key)
        if response.status_code == 422 and key is not None and _is_reuse(response):
            # This step was sent before by another release, in other words. Its ids make it safe to repeat.
            response = _post(client, f"/api/v1/{path}", content, None)
        if response.status_code in (429, 507):
            raise Unavailable(what=f"{service}: {response.status_code}")
        if not response.is_success:
            raise ServiceRefused(
                service=service,
                line=line,
                status=response.status_code,
                detail=_detail(response),
            )
        answer: dict[str, Any] = orjson.loads(response.content)
        return answer

    def _all(self, path: str, **params: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {**params, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
            page = self._page(self._groups, "groups", path, asked)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def _page(
        self, client: ServiceClient, service: str, path: str, asked: dict[str, str]
    ) -> dict[str, Any]:
        response = client.get(path, params=asked)
        if not response.is_success:
            raise ServiceRefused(
                service=service, line=0, status=response.status_code, detail=_detail(response)
            )
        page: dict[str, Any] = orjson.loads(response.content)
        return page


def _post(client: ServiceClient, path: str, content: bytes, key: str | None) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.post(path, content=content, headers=headers)


def _is_reuse(response: httpx.Response) -> bool:
    return str(_problem(response).get("type", "")).endswith("key-reused")


def _detail(response: httpx.Response) -> str:
    problem = _problem(response)
    return f"{problem.get('detail', '')} {problem.get('errors', '')}".strip()[:500]


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return problem if isinstance(problem, dict) else {}
