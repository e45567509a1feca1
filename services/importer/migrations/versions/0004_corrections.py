"""Cells that somebody corrected before the file was written."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
