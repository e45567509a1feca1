"""How something sent by a form is taken in, from the page and from programs alike."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import replace
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

    def __init__(self) -> None:
        super().__init__(errors={"token": [EXPIRED]})


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def open_form(slug: str) -> Definition:
    with reading() as session:
        return queries.open_form(session, slug)


def fresh_token(form: Definition, after: Token | None = None) -> str:
    """Return a token for a page that is shown now; `after`: who filled it in before need not wait again."""
    wait = timedelta(seconds=settings().form_min_seconds if after is None else 0)
    return Tokens(settings()).make(form.form_id, utcnow() + wait, form.consent_version)


def token_of(form: Definition, sent: Mapping[str, Any]) -> Token | None:
    """Return the token that was sent, if it is ours, however old."""
    return Tokens(settings()).read(sent["token"], form.form_id)


def submit(form: Definition, sent: Mapping[str, Any]) -> None:
    """Take in what was sent.

    Raises FromElsewhere, TooManySubmissions, Expired or Invalid. Whether the person is known plays no part:
    this service does not look. What a program sent, by all signs, is answered as if it had been taken.
    """
    _must_come_from(form)
    now = utcnow()
    token = token_of(form, sent)
    if sent["consent"] and token is not None:
        form = _as_it_stood(form, token)
    answers = read(form, sent["fields"], sent["groups"], consent=sent["consent"])
    suspicion = _suspicion(sent, token, now)
    with transaction() as session:
        wait = actions.count_attempt(session, _limits(answers), now)
    if wait:
        raise TooManySubmissions(retry_after=wait)
    if suspicion is None:
        if token is None or token.expired(now):
            raise Expired
        if answers.errors:
            raise Invalid(errors=answers.errors)
    with transaction() as session:
        actions.take_submission(
            session,
            form,
            answers,
            request_key=_request_key(token, sent),
            remote_address=_origin()[0],
            suspicion=suspicion,
            now=now,
        )


def _as_it_stood(form: Definition, token: Token) -> Definition:
    """Return the form with the wording that was agreed to, should it have changed meanwhile."""
    if token.consent_version == form.consent_version:
        return form
    with reading() as session:
        wording = queries.wording(session, form.form_id, token.consent_version)
    return replace(form, consent_version=token.consent_version, consent_text=wording)


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
    address, network = _origin()
    yield Limit(_hashed("address", address or ""), PER_ADDRESS, HOUR)
    yield Limit(_hashed("network", network), PER_NETWORK, HOUR)
    yield Limit(_hashed("all", ""), settings().form_max_per_hour, HOUR)
    if answers.email_key is not None and not answers.errors:
        yield Limit(_hashed("mailbox", answers.email_key), PER_MAILBOX, DAY)


def _origin() -> tuple[str | None, str]:
    """Return the address and the network the request comes from. All without an address are one origin."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return None, ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 64
    return str(address), str(ipaddress.ip_network((address, prefix), strict=False))


def _hashed(kind: str, value: str) -> str:
    key = settings().key("limits of forms")
    return hmac.digest(key, f"{kind} {value}".encode(), hashlib.sha256)[:16].hex()


def _request_key(token: Token | None, sent: Mapping[str, Any]) -> str:
    """Return what is the same for the same answers from the same page: a double click is one submission."""
    content = msgspec.json.encode((sent["fields"], sent["groups"], sent["consent"]))
    nonce = b"" if token is None else token.nonce
    return hashlib.sha256(nonce + content).hexdigest()
