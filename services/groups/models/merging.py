"""What became of the groups and values of customers who were merged."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base


class MergeRecord(Base):
    """That `loser_id` is merged into `survivor_id`, with all that undoing it needs; gone once it is undone.

    `memberships`: the loser's, each with the survivor's membership that stands for it. `filled`: the keys of
    values that the survivor has from the loser, each with what it had before. The loser's own values stay in
    her `AttributeValues`, so that definitions that change take them along. `place`: the loser's among those
    merged together.
    """

    __tablename__ = "merge_records"

    loser_id: Mapped[UUID] = mapped_column(primary_key=True)
    survivor_id: Mapped[UUID] = mapped_column(index=True)
    operation_id: Mapped[UUID | None]
    merged_at: Mapped[datetime]
    place: Mapped[int]
    memberships: Mapped[list[Any]]
    filled: Mapped[dict[str, Any]]
