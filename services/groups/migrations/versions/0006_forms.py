"""Web forms, what was sent in by them, and how often somebody may."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
