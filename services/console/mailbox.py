"""Reading the local mailbox of the embedded default: what would have gone out, ready to be looked at."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path

FOLDERS = ("new", "cur")
LARGEST = 5 * 1024 * 1024
HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Letter:
    """One mail in the mailbox. `key` is its file's name without the flags."""

    key: str
    subject: str
    sender: str
    to: str
    at: datetime


@dataclass(frozen=True)
class OpenLetter(Letter):
    """A mail with its parts. HTML is as it was written: show it only in a sandbox."""

    text: str
    html: str
    source: str
    headers: list[tuple[str, str]]


class Mailbox:
    """A Maildir that another process may be writing into."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def page(
        self, *, search: str = "", skip: int = 0, limit: int = 50
    ) -> tuple[list[Letter], bool]:
        """Return the newest letters and whether there are more. `search` looks at subject and address."""
        letters = (self._head(path) for path in self._newest_first())
        wanted = search.strip().casefold()
        matching = (
            letter
            for letter in letters
            if not wanted or wanted in f"{letter.subject} {letter.to}".casefold()
        )
        found = list(islice(matching, skip, skip + limit + 1))
        return found[:limit], len(found) > limit

    def count(self) -> int:
        return len(self._paths())

    def open(self, key: str) -> OpenLetter | None:
        path = next((p for p in self._paths() if _key(p) == key), None)
        if path is None:
            return None
        raw = path.read_bytes()[:LARGEST]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        head = self._head(path)
        return OpenLetter(
            key=head.key,
            subject=head.subject,
            sender=head.sender,
            to=head.to,
            at=head.at,
            text=_part(message, "plain"),
            html=_part(message, "html"),
            source=raw.decode("utf-8", "replace"),
            headers=[(name, _header(message, name, i)) for i, name in enumerate(message.keys())],
        )

    def _paths(self) -> list[Path]:
        return [
            path
            for folder in FOLDERS
            if (self._directory / folder).is_dir()
            for path in (self._directory / folder).iterdir()
            if path.is_file()
        ]

    def _newest_first(self) -> list[Path]:
        def arrived(path: Path) -> tuple[float, str]:
            try:
                return path.stat().st_mtime, path.name
            except OSError:
                return 0.0, path.name

        return sorted(self._paths(), key=arrived, reverse=True)

    def _head(self, path: Path) -> Letter:
        with path.open("rb") as file:
            head = re.split(rb"\r?\n\r?\n", file.read(HEAD_BYTES), maxsplit=1)[0]
        message = email.message_from_bytes(head, policy=email.policy.default)
        return Letter(
            key=_key(path),
            subject=_named(message, "Subject"),
            sender=_named(message, "From"),
            to=_named(message, "To"),
            at=_when(message, path),
        )


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _named(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
    ):  # the parser stumbles over some broken heads
        return ""


def _header(message: EmailMessage, name: str, index: int) -> str:
    try:
        return str(message.values()[index])
    except (ValueError, IndexError, KeyError, TypeError):
        return _named(message, name)


def _when(message: EmailMessage, path: Path) -> datetime:
    try:
        sent = parsedate_to_datetime(_named(message, "Date"))
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _part(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return "" if part is None else str(part.get_content())
    except (ValueError, LookupError, KeyError, AttributeError, TypeError):
        return ""
