"""Exports: what is to be written, and the files that were."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
