"""Who may sign in, who is signed in, and which programs may ask for access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.db import TYPES, new_id, new_metadata

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


class Role(StrEnum):
    """What somebody is in this business. Each role stands for a fixed set of scopes."""

    owner = "owner"
    staff = "staff"
    viewer = "viewer"
    head_office = "head_office"

    @property
    def scopes(self) -> tuple[str, ...]:
        return _SCOPES[self]


_READ = ("customers:read", "groups:read", "followup:read")
_WORK = (*_READ, "customers:write", "groups:write", "imports:write", "exports:read")
_SCOPES = {
    Role.owner: (*_WORK, "followup:write", "admin"),
    Role.head_office: (*_WORK, "followup:write", "head_office"),
    Role.staff: (*_WORK, "followup:write"),
    Role.viewer: _READ,
}


class User(Base):
    """A person with a login. Deactivated rather than deleted: others' records name them."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]

    @property
    def scopes(self) -> tuple[str, ...]:
        return Role(self.role).scopes


class SignIn(Base):
    """One browser that is signed in. Deleting the row signs it out, wherever its cookie is."""

    __tablename__ = "sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    browser: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    def over(self, now: datetime) -> bool:
        return now - self.seen_at > IDLE or now - self.created_at > LONGEST


class ApiClient(Base):
    """A program that may exchange its id and secret for a short-lived access token."""

    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Attempt(Base):
    """One try to sign in. Names and addresses are kept as hashes, and only while they count."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key_at", "key", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    at: Mapped[datetime]
