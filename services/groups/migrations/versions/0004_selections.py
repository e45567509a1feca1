"""Saved selections, what uses them, and customers' fields as they are compared."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
