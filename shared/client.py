"""Asking another service over HTTP: bounded in time, repeated where that is safe."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import httpx
import stamina

from shared.auth import SERVICE_S, issue_token
from shared.config import Settings
from shared.errors import Text, Unavailable

TIMEOUT = httpx.Timeout(30, connect=2)
ATTEMPTS = 3
SAFE = {"GET", "HEAD", "PUT", "DELETE"}


class ServiceClient:
    """Talks to one service as one subject. `transport` replaces the network, for instance by a WSGI app.

    Safe to use from several threads. GET, PUT, DELETE and requests with an Idempotency-Key are repeated
    when the connection fails or the service answers 503; others are sent once.
    """

    def __init__(
        self,
        settings: Settings,
        service: str,
        *,
        scopes: tuple[str, ...],
        subject: str | None = None,
        name: str | None = None,
        language: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._settings = settings
        self._service = service
        self._scopes = scopes
        self._subject = subject or f"service:{settings.service}"
        self._name = name or settings.service
        self._token = ""
        self._renew_at = 0.0
        headers = {"Accept-Language": language} if language else {}
        base: str = getattr(settings, f"{service}_url")
        self._http = httpx.Client(
            base_url=base,
            transport=transport,
            timeout=timeout,
            headers=headers,
            trust_env=False,
            follow_redirects=True,
        )

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return whatever was answered below 500, and 507.

        Raises Unavailable if the service cannot be reached or fails.
        """
        headers = httpx.Headers(options.pop("headers", None))
        repeatable = method in SAFE or "Idempotency-Key" in headers
        try:
            for attempt in stamina.retry_context(
                on=(httpx.TransportError, _Away),
                attempts=ATTEMPTS if repeatable else 1,
                wait_initial=0.1,
                wait_max=1.0,
                timeout=None,
            ):
                with attempt:
                    headers["Authorization"] = f"Bearer {self._bearer()}"
                    response = self._http.request(method, path, headers=headers, **options)
                    if response.status_code in (502, 503, 504):
                        raise _Away
        except (httpx.TransportError, _Away):
            raise self._unavailable() from None
        if response.status_code == 500:
            raise self._unavailable()
        # It is read. httpx ties it to its stream and back: bodies of megabytes would stay until the garbage
        # collector comes.
        response.stream = httpx.ByteStream(b"")
        return response

    def stream(self, path: str) -> httpx.Response:
        """Send a GET and return the answer with its body still to be read; the caller closes it.

        Raises Unavailable if the service cannot be reached or fails.
        """
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        try:
            response = self._http.send(
                self._http.build_request("GET", path, headers=headers), stream=True
            )
        except httpx.TransportError:
            raise self._unavailable() from None
        if response.status_code >= 500:
            response.close()
            raise self._unavailable()
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _bearer(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._token = issue_token(
                self._settings,
                subject=self._subject,
                name=self._name,
                scopes=self._scopes,
                audience=self._service,
                lifetime_s=SERVICE_S,
            )
            self._renew_at = time.monotonic() + SERVICE_S / 2
        return self._token

    def _unavailable(self) -> Unavailable:
        service = self._service
        return Unavailable(what=Text(f"The {service} service", de=f"Der Dienst {service}"))


class _Away(Exception):
    """The service, or the proxy in front of it, says that it cannot answer now."""
