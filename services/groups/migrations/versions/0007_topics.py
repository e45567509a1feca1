"""What people choose of topics, and the head office's own keys. Groups are told with all that others keep."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db import new_id, utcnow
from shared.db.types import UtcDateTime
from shared.events.base import encode
from shared.events.groups import GroupChanged
from shared.tables import outbox

revision = "0007"
down_revision = "0006"

AT_ONCE = 500

groups = sa.table(
    "groups",
    sa.column("id", sa.Uuid()),
    sa.column("parent_id", sa.Uuid()),
    sa.column("name", sa.Text()),
    sa.column("path", sa.Text()),
    sa.column("description", sa.Text()),
    sa.column("colour", sa.Text()),
    sa.column("topic", sa.Boolean()),
    sa.column("origin", sa.Text()),
    sa.column("version", sa.BigInteger()),
)
ancestors = sa.table(
    "group_ancestors",
    sa.column("group_id", sa.Uuid()),
    sa.column("ancestor_id", sa.Uuid()),
    sa.column("depth", sa.BigInteger()),
)


def upgrade() -> None:
    op.add_column("groups", sa.Column("franchise_key", sa.Text(), nullable=True))
    op.create_index("ix_groups_franchise_key", "groups", ["franchise_key"], unique=True)
    op.create_table(
        "topic_choices",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "group_id", name="pk_topic_choices"),
    )
    _tell()


def _tell() -> None:
    """Tell the groups of which there is more to say than was told, as their next version."""
    connection = op.get_bind()
    more = sa.or_(
        groups.c.topic.is_(sa.true()), groups.c.description != "", groups.c.origin != "local"
    )
    found = connection.execute(sa.select(groups).where(more).order_by(groups.c.id)).mappings().all()
    for start in range(0, len(found), AT_ONCE):
        _tell_some(connection, found[start : start + AT_ONCE])


def _tell_some(connection: Any, some: Any) -> None:
    ids = [group["id"] for group in some]
    above: dict[Any, list[Any]] = defaultdict(list)
    for group_id, ancestor_id in connection.execute(
        sa.select(ancestors.c.group_id, ancestors.c.ancestor_id)
        .where(ancestors.c.group_id.in_(ids), ancestors.c.depth > 0)
        .order_by(ancestors.c.group_id, ancestors.c.depth)
    ):
        above[group_id].append(ancestor_id)
    connection.execute(
        sa.update(groups).where(groups.c.id.in_(ids)).values(version=groups.c.version + 1)
    )
    now = utcnow()
    letters = []
    for group in some:
        event_id = new_id()
        event = GroupChanged(
            group_id=group["id"],
            version=group["version"] + 1,
            group_name=group["name"],
            path=group["path"],
            parent_id=group["parent_id"],
            ancestor_ids=above[group["id"]],
            topic=group["topic"],
            colour=group["colour"],
            description=group["description"],
            origin=group["origin"],
        )
        letters.append(
            {
                "event_id": event_id,
                "name": event.name,
                "body": encode(event, event_id=event_id, time=now),
                "created_at": now,
            }
        )
    connection.execute(sa.insert(outbox), letters)
