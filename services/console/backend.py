"""Asking the other services on behalf of the person who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from flask import Response as FlaskResponse
from flask import current_app
from flask_babel import gettext
from flask_login import current_user

from services.console import words
from services.console.i18n import language
from shared.client import ServiceClient
from shared.config import Settings
from shared.errors import ServiceError, Text, Unavailable

PATH = "/api/v1"
PATIENT = httpx.Timeout(120, connect=2)
"""For whole files: sent, looked at, tried out."""

MOST_PAGES = 40
PIECE = 256 * 1024
PASSED_ON = ("Content-Type", "Content-Disposition", "Content-Length")


class Refused(ServiceError):
    """What a service did not do, with its own words, in the reader's language."""

    def __init__(self, response: httpx.Response) -> None:
        problem = _problem(response)
        super().__init__(errors=problem.get("errors"))
        self.status = response.status_code  # type: ignore[misc]
        detail = str(problem.get("detail") or problem.get("title") or gettext("It was refused."))
        self.text = Text(detail, de=detail)
        self.body = problem


class Backend:
    """The clients to the other services. One for each user, language and service is kept."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None) -> None:
        @lru_cache(maxsize=256)
        def client(
            service: str, subject: str, name: str, scopes: tuple[str, ...], language: str
        ) -> ServiceClient:
            return ServiceClient(
                settings,
                service,
                scopes=scopes,
                subject=subject,
                name=name,
                language=language,
                transport=transport,
            )

        self.client = client


class Service:
    """One of the other services, as the person who is signed in may use it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a GET. Raises Refused, and Unavailable if the service is away."""
        return self._request("GET", path, params=_given(params)).json()

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Go through every item of a list that is known to be short, such as the groups."""
        cursor = None
        for _ in range(MOST_PAGES):
            page = self.get(path, limit=500, cursor=cursor, **params)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def post(self, path: str, json: Any = None, *, once: str | None = None, **extra: Any) -> Any:
        """Send a POST; with `once`, a repetition gets the first answer again."""
        headers = {"Idempotency-Key": once} if once else {}
        return _body(self._request("POST", path, json=json, headers=headers, **extra))

    def patch(self, path: str, json: Any, *, version: str | int | None = None, **extra: Any) -> Any:
        return _body(self._request("PATCH", path, json=json, headers=_if_match(version), **extra))

    def put(self, path: str, json: Any = None) -> Any:
        return _body(self._request("PUT", path, json=json))

    def delete(self, path: str, *, version: str | int | None = None, **params: Any) -> None:
        self._request("DELETE", path, headers=_if_match(version), params=_given(params))

    def download(self, path: str) -> FlaskResponse:
        """Pass a file of any size on to the browser, piece by piece."""
        answer = self._asked(lambda client: client.stream(PATH + path))
        if answer.status_code >= 400:
            answer.read()
            raise Refused(answer)
        passed = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        response = FlaskResponse(answer.iter_bytes(PIECE), headers=passed)
        response.call_on_close(answer.close)
        return response

    def upload(self, path: str, files: Mapping[str, Any], *, once: str) -> Any:
        headers = {"Idempotency-Key": once}
        return _body(self._request("POST", path, files=files, headers=headers, timeout=PATIENT))

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self._asked(lambda client: client.request(method, PATH + path, **options))
        if response.status_code >= 400:
            raise Refused(response)
        return response

    def _asked(self, ask: Callable[[ServiceClient], httpx.Response]) -> httpx.Response:
        backend: Backend = current_app.extensions["backend"]
        client = backend.client(
            self.name,
            f"user:{current_user.id}",
            current_user.name,
            current_user.scopes,
            language(),
        )
        try:
            return ask(client)
        except Unavailable as error:
            what = str(words.SERVICE[self.name])
            raise Unavailable(
                what=Text(what, de=what), retry_after=error.retry_after or 5
            ) from None


customers = Service("customers")
groups = Service("groups")
importer = Service("importer")
followup = Service("followup")


def segment(value: object) -> str:
    """Return a value as one part of a path."""
    return quote(str(value), safe="")


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if value not in (None, "")}


def _if_match(version: str | int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _body(response: httpx.Response) -> Any:
    return response.json() if response.content else None


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
