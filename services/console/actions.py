"""What can be done with users, sign-ins and API clients."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.console import queries
from services.console.errors import (
    LastOwner,
    LoginTaken,
    TooManyAttempts,
    UnknownScope,
    WrongPassword,
)
from services.console.models import IDLE, LONGEST, ApiClient, Attempt, Role, SignIn, User
from services.console.passwords import (
    fingerprint,
    hashed,
    matches,
    random_password,
    random_secret,
)
from shared.auth import SCOPES
from shared.db import utcnow

WINDOW = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)


class Credentials(NamedTuple):
    """What somebody signs in with. The only moment the password is known in clear."""

    login: str
    password: str


class NewClient(NamedTuple):
    """A client and its secret, which is shown once."""

    client: ApiClient
    secret: str


def count_attempt(session: Session, limits: Mapping[str, int]) -> None:
    """Count one try under each name, of so many in a quarter of an hour. Raises TooManyAttempts beyond.

    Commit this before the password is looked at: a failed sign-in must not take its count back.
    """
    now = utcnow()
    session.execute(delete(Attempt).where(Attempt.at < now - WINDOW))
    for name, most in limits.items():
        key = _attempt_key(name)
        if (session.scalar(select(func.count()).where(Attempt.key == key)) or 0) >= most:
            seconds = int(WINDOW.total_seconds())
            raise TooManyAttempts(minutes=seconds // 60, retry_after=seconds)
        session.add(Attempt(key=key, at=now))


def forget_attempts(session: Session, names: Iterable[str]) -> None:
    session.execute(delete(Attempt).where(Attempt.key.in_([_attempt_key(n) for n in names])))


def sign_in(session: Session, user_id: UUID, browser: str) -> str:
    """Remember that this browser is signed in. Return the token for its cookie."""
    now = utcnow()
    session.execute(
        delete(SignIn).where((SignIn.seen_at < now - IDLE) | (SignIn.created_at < now - LONGEST))
    )
    token = random_secret()
    session.add(
        SignIn(
            user_id=user_id,
            token_hash=fingerprint(token),
            browser=browser[:200],
            created_at=now,
            seen_at=now,
        )
    )
    queries.user(session, user_id).signed_in_at = now
    return token


def keep_alive(session: Session, sign_in_id: UUID) -> None:
    found = session.get(SignIn, sign_in_id)
    if found is not None:
        found.seen_at = utcnow()


def is_stale(found: SignIn, now: datetime) -> bool:
    """Say whether the last sight of this browser is worth writing down again."""
    return now - found.seen_at > SEEN_EVERY


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(SignIn).where(SignIn.token_hash == fingerprint(token)))


def sign_out_everywhere(
    session: Session, user_id: UUID, *, but: str | None = None, only: UUID | None = None
) -> None:
    """End the sign-ins of one user: all, or all but the one with the token `but`, or `only` one."""
    query = delete(SignIn).where(SignIn.user_id == user_id)
    if but is not None:
        query = query.where(SignIn.token_hash != fingerprint(but))
    if only is not None:
        query = query.where(SignIn.id == only)
    session.execute(query)


def create_user(
    session: Session,
    *,
    login: str,
    name: str,
    role: Role,
    password: str | None = None,
    language: str = "de",
) -> Credentials:
    """Let somebody sign in, with a random password unless one is given."""
    login = queries.normalised(login)
    password = password or random_password()
    try:
        with session.begin_nested():
            session.add(
                User(
                    login=login,
                    name=name.strip() or login,
                    role=Role(role),
                    language=language,
                    password_hash=hashed(password),
                    active=True,
                    created_at=utcnow(),
                )
            )
    except IntegrityError:
        raise LoginTaken(login=login) from None
    return Credentials(login, password)


def create_first_user(session: Session, login: str = "admin") -> Credentials | None:
    """Make the first owner where nobody can sign in yet; None where somebody can."""
    if session.scalar(select(User.id).limit(1)) is not None:
        return None
    return create_user(session, login=login, name="Administration", role=Role.owner)


def change_user(session: Session, user_id: UUID, *, name: str, role: Role, active: bool) -> None:
    """Change what somebody is. Who loses access is signed out at once."""
    user = queries.user(session, user_id)
    loses_ownership = user.role == Role.owner and not (active and role == Role.owner)
    if loses_ownership and user.active and not queries.other_owners(session, user_id):
        raise LastOwner(name=user.name)
    user.name, user.role, user.active = name.strip() or user.login, Role(role), active
    if not active:
        sign_out_everywhere(session, user_id)


def change_language(session: Session, user_id: UUID, language: str) -> None:
    queries.user(session, user_id).language = language


def change_password(
    session: Session, user_id: UUID, *, present: str, new: str, token: str | None
) -> None:
    """Change one's own password; every other browser is signed out."""
    user = queries.user(session, user_id)
    if not matches(user.password_hash, present):
        raise WrongPassword
    user.password_hash = hashed(new)
    sign_out_everywhere(session, user_id, but=token)


def reset_password(session: Session, user_id: UUID) -> Credentials:
    """Give somebody a new random password and sign them out everywhere."""
    user = queries.user(session, user_id)
    password = random_password()
    user.password_hash = hashed(password)
    sign_out_everywhere(session, user_id)
    return Credentials(user.login, password)


def create_api_client(session: Session, *, name: str, scopes: Sequence[str], by: str) -> NewClient:
    for scope in scopes:
        if scope not in SCOPES:
            raise UnknownScope(scope=scope, scopes=", ".join(SCOPES))
    secret = random_secret()
    client = ApiClient(
        name=name.strip(),
        secret_hash=hashed(secret),
        scopes=sorted(set(scopes)),
        created_by=by,
        created_at=utcnow(),
    )
    session.add(client)
    session.flush()
    return NewClient(client, secret)


def revoke_api_client(session: Session, client_id: UUID) -> None:
    """Give this client no more tokens. Those it has end within a quarter of an hour."""
    client = queries.api_client(session, client_id)
    client.revoked_at = client.revoked_at or utcnow()


def note_use(session: Session, client_id: UUID) -> None:
    queries.api_client(session, client_id).used_at = utcnow()


def _attempt_key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
