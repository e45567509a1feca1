"""Requests that may be sent again: the same Idempotency-Key gets the same answer for 24 hours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Response, make_response, request
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.db import utcnow
from shared.errors import Invalid, ServiceError, Text
from shared.tables import idempotency_keys
from shared.web.blueprint import document
from shared.web.security import principal
from shared.web.transactions import transaction

View = TypeVar("View", bound=Callable[..., Any])

LIFETIME = timedelta(hours=24)
LONGEST_KEY = 255
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "The same key within 24 hours gets the same answer, and nothing is done twice",
}
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class KeyReused(ServiceError):
    status = 422
    title = Text("Idempotency-Key reused", de="Idempotency-Key schon benutzt")
    template = Text(
        "This Idempotency-Key came before with another request. Use a new key for a new request.",
        de="Dieser Idempotency-Key kam schon mit einer anderen Anfrage. Neue Anfrage, neuer Schlüssel.",
    )


def idempotent(view: View) -> View:
    """Answer a repeated request as before instead of doing it again; the outermost decorator of a POST.

    The answer is stored in the transaction of the work itself. A repetition that comes while the first is
    still at work waits for it. Refusals (4xx) are not stored: nothing was done.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, **kwargs)
        if not key or len(key) > LONGEST_KEY or not key.isprintable():
            raise Invalid(
                errors={
                    "Idempotency-Key": [
                        Text(
                            "has 1 to 255 printable characters",
                            de="hat 1 bis 255 druckbare Zeichen",
                        )
                    ]
                }
            )
        with transaction() as session:
            subject, fingerprint = principal().subject, _fingerprint()
            if not _reserve(session, subject, key, fingerprint):
                return _answer_again(session, subject, key, fingerprint)
            response: Response = make_response(view(*args, **kwargs))
            _store(session, subject, key, response)
            return response

    document(once, IDEMPOTENCY_KEY, {})
    return once  # type: ignore[return-value]


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == "multipart/form-data":
        # The boundary between the parts differs each time; the parts do not.
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{name}={value}\n".encode(errors="replace"))
        for name, file in sorted(request.files.items(multi=True)):
            digest.update(f"{name}:{file.filename}\n".encode(errors="replace"))
            digest.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
            file.stream.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _reserve(session: Session, subject: str, key: str, fingerprint: str) -> bool:
    """Take the key; False if it is taken. Waits for another request that holds it uncommitted."""
    now = utcnow()
    session.execute(
        delete(idempotency_keys).where(
            idempotency_keys.c.subject == subject,
            idempotency_keys.c.key == key,
            idempotency_keys.c.created_at < now - LIFETIME,
        )
    )
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    taken = session.execute(
        dialect.insert(idempotency_keys)
        .values(
            subject=subject,
            key=key,
            fingerprint=fingerprint,
            status=0,
            headers={},
            body=b"",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(idempotency_keys.c.key)
    )
    return taken.first() is not None


def _answer_again(session: Session, subject: str, key: str, fingerprint: str) -> Response:
    stored = session.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.subject == subject, idempotency_keys.c.key == key
        )
    ).one()
    if stored.fingerprint != fingerprint:
        raise KeyReused
    response = Response(stored.body, stored.status, headers=stored.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _store(session: Session, subject: str, key: str, response: Response) -> None:
    session.execute(
        update(idempotency_keys)
        .where(idempotency_keys.c.subject == subject, idempotency_keys.c.key == key)
        .values(
            status=response.status_code,
            headers={h: response.headers[h] for h in KEPT_HEADERS if h in response.headers},
            body=response.get_data(),
        )
    )


def purge_idempotency_keys(session: Session) -> None:
    """Forget the answers that are older than 24 hours."""
    session.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < utcnow() - LIFETIME)
    )
