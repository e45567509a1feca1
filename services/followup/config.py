"""What the follow-up service reads from its environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

import shared.config


class Settings(shared.config.Settings):
    """The shared settings, and how mail leaves."""

    service = "followup"

    smtp_ca_file: Path | None = Field(
        None, description="certificates to trust instead of the system's; empty: the system's"
    )
    mail_from: str | None = Field(
        None, description="the sender's address where a sequence names none"
    )
    mail_connections: int = Field(4, ge=1, le=50, description="to the mail server, per mailer")
    mail_rate: int = Field(0, ge=0, description="mails per minute and mailer; 0: no limit")

    @property
    def sender_address(self) -> str:
        """MAIL_FROM, else an address at the host where this installation is reached."""
        host = urlsplit(self.public_url).hostname or "localhost"
        return self.mail_from or f"newsletter@{host}"
