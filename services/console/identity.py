"""Who is signed in at this browser: Flask-Login on top of the console's own table.

The cookie holds a random token. What it stands for is a row in `sign_ins`: without the row it stands for
nothing, so signing out works on the server, and a new token is given at every sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, Response, session
from flask_login import LoginManager, UserMixin, login_user, logout_user

from services.console import actions, queries
from services.console.config import Settings
from services.console.models import SignIn
from shared.db import Database, utcnow


@dataclass(frozen=True)
class Reader(UserMixin):
    """The person at the browser."""

    id: UUID
    sign_in_id: UUID
    token: str
    login: str
    name: str
    role: str
    language: str
    scopes: tuple[str, ...]

    def get_id(self) -> str:
        return self.token

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


def init(app: Flask, settings: Settings, database: Database) -> None:
    app.secret_key = settings.key("console session")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-stammkunde" if settings.secure else "stammkunde",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )
    manager = LoginManager(app)
    manager.login_view = "account.sign_in"
    # Addresses of phones change all the time; the row in the database is what protects the session.
    manager.session_protection = None

    @manager.user_loader
    def load(token: str) -> Reader | None:
        now = utcnow()
        with database.reading() as reading:
            found = queries.signed_in(reading, token, now)
        if found is None:
            return None
        if actions.is_stale(found, now):
            with database.transaction() as writing:
                actions.keep_alive(writing, found.id)
        return _reader(found, token)


def begin(found: SignIn, token: str) -> None:
    """Make this browser the signed-in one. What the session held before is gone: nobody can plant one."""
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen
    login_user(_reader(found, token))


def end() -> None:
    chosen = session.get("language")
    logout_user()
    session.clear()
    if chosen:
        session["language"] = chosen


def no_cookies(response: Response) -> Response:
    """Answer without touching the session cookie, for what is cached or embedded."""
    session.accessed = session.modified = False
    return response


def _reader(found: SignIn, token: str) -> Reader:
    user = found.user
    return Reader(
        id=user.id,
        sign_in_id=found.id,
        token=token,
        login=user.login,
        name=user.name,
        role=user.role,
        language=user.language,
        scopes=user.scopes,
    )
