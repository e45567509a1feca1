"""Mails as files: where an installation without a mail server keeps them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from services.followup.sending.handover import Outcome


class Maildir:
    """Mails as files that the console shows, for an installation without a mail server."""

    # A mail's file is named after the mail: a second copy replaces the first.
    repeatable = True

    def __init__(self, path: Path) -> None:
        self._path = path
        for folder in ("tmp", "new", "cur"):
            (path / folder).mkdir(parents=True, exist_ok=True)

    def connect(self) -> Maildir:
        return self

    def send(
        self, mail_id: str, _sender: str, _to: str, data: bytes, _may_go: Callable[[], bool]
    ) -> Outcome:
        draft = self._path / "tmp" / f"{mail_id}.{os.getpid()}"
        try:
            draft.write_bytes(data)
            draft.replace(self._path / "new" / f"{mail_id}.eml")
        except OSError as error:
            return Outcome("away", reply=f"cannot write the mail down: {error.strerror}")
        return Outcome("sent", 250, "kept in the local mailbox")

    def close(self) -> None:
        """Nothing stays open."""
