"""Who is in which group, and who was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base


class Membership(Base):
    """A customer is in a group since `since`, put there by `by` from `source`.

    There is no foreign key to the group: whoever writes here holds the customers' lock, which keeps groups
    from being deleted meanwhile, and checking each row costs a third of an import's time.
    """

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_group_id", "group_id", "customer_id"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    by: Mapped[str]
    source: Mapped[str]
    reference: Mapped[str | None]


class PastMembership(Base):
    """A span of time in which a customer was in a group: from `since` until before `until`."""

    __tablename__ = "past_memberships"
    __table_args__ = (Index("ix_past_memberships_group_id", "group_id", "customer_id"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    by: Mapped[str]
    source: Mapped[str]
    reference: Mapped[str | None]
    until: Mapped[datetime]
    ended_by: Mapped[str]
    ended_source: Mapped[str]
    ended_reference: Mapped[str | None]
