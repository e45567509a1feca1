"""Questions to the console's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.console.errors import ApiClientNotFound, UserNotFound
from services.console.models import ApiClient, Role, SignIn, User
from services.console.passwords import fingerprint


def user_by_login(session: Session, login: str) -> User | None:
    return session.scalar(select(User).where(User.login == normalised(login)))


def user(session: Session, user_id: UUID) -> User:
    found = session.get(User, user_id)
    if found is None:
        raise UserNotFound(user_id=user_id)
    return found


def users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.active.desc(), User.name, User.login)).all()


def other_owners(session: Session, user_id: UUID) -> int:
    """Count the owners who can still sign in, without this one."""
    query = select(func.count()).where(
        User.role == Role.owner, User.active.is_(True), User.id != user_id
    )
    return session.scalar(query) or 0


def signed_in(session: Session, token: str, now: datetime) -> SignIn | None:
    """Return the sign-in this token belongs to, if it still counts."""
    found = session.scalar(select(SignIn).where(SignIn.token_hash == fingerprint(token)))
    if found is None or found.over(now) or not found.user.active:
        return None
    return found


def sign_ins(session: Session, user_id: UUID) -> Sequence[SignIn]:
    query = select(SignIn).where(SignIn.user_id == user_id).order_by(SignIn.seen_at.desc())
    return session.scalars(query).all()


def api_client(session: Session, client_id: UUID) -> ApiClient:
    found = session.get(ApiClient, client_id)
    if found is None:
        raise ApiClientNotFound(client_id=client_id)
    return found


def api_clients(session: Session) -> Sequence[ApiClient]:
    query = select(ApiClient).order_by(ApiClient.revoked_at.is_not(None), ApiClient.name)
    return session.scalars(query).all()


def normalised(login: str) -> str:
    """Return a login as it is stored: without case and outer space."""
    return login.strip().casefold()
