"""What people said about topics."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base


class TopicChoice(Base):
    """The last that a customer said about a topic: news of what they said before changes nothing then."""

    __tablename__ = "topic_choices"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    chosen: Mapped[bool]
    chosen_at: Mapped[datetime]
