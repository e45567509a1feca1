"""Operations that wait to hear whom a selection means."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
