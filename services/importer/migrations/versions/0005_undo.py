"""What an import has made, so that it can be taken back as one unit."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
