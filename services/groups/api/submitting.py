"""How something sent by a form is taken in, from the page and from programs alike."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import current_app, request

from services.groups import actions, queries
from services.groups.actions import Limit
from services.groups.config import Settings
from services.groups.errors import FromElsewhere, TooManySubmissions
from services.groups.webforms.definition import Definition
from services.groups.webforms.reading import Reading, read
from services.groups.webforms.tokens import Token, Tokens
from shared.db import utcnow
from shared.errors import Invalid, Text
from shared.web import reading, transaction

BODY_LIMIT = 256 * 1024
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_ADDRESS, PER_NETWORK, PER_MAILBOX = 30, 150, 5

EXPIRED = Text(
    "This token is too old or not of this form. GET the form for a new one.",
    de="Dieses Token ist zu alt oder nicht von diesem Formular. Ein neues liefert GET.",
)


class Expired(Invalid):
    """The page was open for too long, or never shown by us."""

    def __init__(self, *, was_ours: bool) -> None:
        super().__init__(errors={"token": [EXPIRED]})
        self.was_ours = was_ours


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def open_form(slug: str) -> Definition:
    with reading() as session:
        return queries.open_form(session, slug)


def fresh_token(form: Definition, *, seasoned: bool = False) -> str:
    """Return a token for a page that is shown now; `seasoned`: to somebody who filled it in before."""
    wait = timedelta(seconds=0 if seasoned else settings().form_min_seconds)
    return Tokens(settings()).make(form.form_id, utcnow() + wait)


def submit(form: Definition, sent: Mapping[str, Any]) -> None:
    """Take in what was sent.

    Raises FromElsewhere, TooManySubmissions, Expired or Invalid. Whether the person is known plays no part:
    this service does not look. What a program sent, by all signs, is answered as if it had been taken.
    """
    _must_come_from(form)
    now = utcnow()
    answers = read(form, sent["fields"], sent["groups"], consent=sent["consent"])
    token = Tokens(settings()).read(sent["token"], form.form_id)
    suspicion = _suspicion(sent, token, now)
    with transaction() as session:
        wait = actions.count_attempt(session, _limits(answers), now)
    if wait:
        raise TooManySubmissions(retry_after=wait)
    if suspicion is None:
        if token is None or token.expired(now):
            raise Expired(was_ours=token is not None)
        if answers.errors:
            raise Invalid(errors=answers.errors)
    with transaction() as session:
        actions.take_submission(
            session,
            form,
            answers,
            request_key=_request_key(token, sent),
            remote_address=request.remote_addr,
            suspicion=suspicion,
            now=now,
        )


def _must_come_from(form: Definition) -> None:
    """Refuse pages elsewhere that make their visitors send this form.

    There is no session that they could misuse, but the visitors' addresses would stand as the origin of
    consents. A browser tells where a request comes from; who sends no such header is no browser.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none"):
        return
    origin = request.headers.get("Origin", "")
    if origin not in form.allowed_origins and origin != _own_origin():
        raise FromElsewhere


def _own_origin() -> str:
    parts = urlsplit(settings().public_url)
    return f"{parts.scheme}://{parts.netloc}"


def _suspicion(sent: Mapping[str, Any], token: Token | None, now: datetime) -> str | None:
    if sent["homepage"]:
        return "honeypot"
    if token is not None and now < token.ready_at:
        return "too_fast"
    return None


def _limits(answers: Reading) -> Iterator[Limit]:
    address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - a name for none
    prefix = 24 if address.version == 4 else 64
    network = ipaddress.ip_network((address, prefix), strict=False)
    yield Limit(_hashed("address", str(address)), PER_ADDRESS, HOUR)
    yield Limit(_hashed("network", str(network)), PER_NETWORK, HOUR)
    yield Limit(_hashed("all", ""), settings().form_max_per_hour, HOUR)
    if answers.email_key is not None and not answers.errors:
        yield Limit(_hashed("mailbox", answers.email_key), PER_MAILBOX, DAY)


def _hashed(kind: str, value: str) -> str:
    key = settings().key("limits of forms")
    return hmac.digest(key, f"{kind} {value}".encode(), hashlib.sha256)[:16].hex()


def _request_key(token: Token | None, sent: Mapping[str, Any]) -> str:
    """Return what is the same for the same answers from the same page: a double click is one submission."""
    content = msgspec.json.encode((sent["fields"], sent["groups"], sent["consent"]))
    nonce = b"" if token is None else token.nonce
    return hashlib.sha256(nonce + content).hexdigest()
