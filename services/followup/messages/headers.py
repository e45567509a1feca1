"""A mail's head: every value made harmless by own code, and the whole looked at again as bytes.

The email package of Python 3.11 decodes encoded words in a value and writes their line breaks as new
header lines, and it folds a long List-Unsubscribe into encoded words: it is not used for writing.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from uuid import UUID

import idna

from shared.errors import Text

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*{_LABEL}")
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# Control characters and whatever some program takes for the end of a line.
_CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ,.&'()_-]+")
_ENCODED_WORD_BYTES = 45  # 60 characters of base64: with its frame within 76

# Every header a mail of ours may have, in the order in which it is written: each at most once.
_HEAD = re.compile(
    rb"Message-ID: <[\x21-\x3b\x3d\x3f-\x7e]+>\r\n"
    rb"Date: [\x20-\x7e]{20,40}\r\n"
    rb"From: [\x20-\x7e]+(?:\r\n [\x20-\x7e]+)*\r\n"
    rb"To: [\x20-\x7e]+(?:\r\n [\x20-\x7e]+)*\r\n"
    rb"(?:Reply-To: [\x20-\x7e]+\r\n)?"
    rb"Subject: [\x20-\x7e]*(?:\r\n [\x20-\x7e]+)*\r\n"
    rb"(?:List-Unsubscribe: <https?://[\x21-\x3b\x3d\x3f-\x7e]+>\r\n"
    rb"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n)?"
    rb"(?:Auto-Submitted: auto-generated\r\n)?"
    rb"MIME-Version: 1\.0\r\n"
    rb"Content-Type: [\x20-\x7e]+\r\n"
    rb"(?:Content-Transfer-Encoding: quoted-printable\r\n)?"
)


class BadAddress(ValueError):
    """An e-mail address that cannot be written to."""

    def __init__(self, problem: Text) -> None:
        super().__init__(str(problem))
        self.problem = problem


class UnsafeHead(ValueError):
    """A head that does not look as we write it. It is never sent."""


def clean(text: str) -> str:
    """The text as one line without control characters."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text)).strip()


def address(raw: str) -> str:
    """The address in ASCII, its domain IDNA-encoded. Raises BadAddress."""
    if len(raw) <= 254 and _ADDRESS.fullmatch(raw):
        return raw
    local, at, domain = raw.rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        raise BadAddress(
            Text(
                "'{address}' is not an address that mail can be sent to.",
                de="„{address}“ ist keine Adresse, an die sich Mail senden lässt.",
            ).fill(address=clean(raw)[:100])
        )
    try:
        encoded = f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        encoded = ""
    if len(encoded) > 254 or not _ADDRESS.fullmatch(encoded):
        raise BadAddress(
            Text(
                "'{address}' has a domain that does not exist.",
                de="„{address}“ hat eine Domain, die es nicht geben kann.",
            ).fill(address=clean(raw)[:100])
        )
    return encoded


def words(text: str) -> bytes:
    """Free text as a header value: plain where nothing can be misread, else as encoded words."""
    text = clean(text)
    if text.isascii() and "=?" not in text and len(text) <= 900:
        return text.encode("ascii")
    return _encoded(text)


def mailbox(name: str, ascii_address: str) -> bytes:
    """`name <address>`, the address having been through `address`."""
    name = clean(name)
    if not name:
        return ascii_address.encode("ascii")
    if _PLAIN_NAME.fullmatch(name) and len(name) <= 60:
        return f'"{name}" <{ascii_address}>'.encode("ascii")
    # Always encoded: "=?" in a name then is text and no encoded word.
    return _encoded(name[:200]) + b"\r\n <" + ascii_address.encode("ascii") + b">"


def message_id(mail_id: UUID, domain: str) -> str:
    """Always the same for a mail, so that a second copy can be recognised wherever it comes from."""
    return f"<{mail_id}@{domain}>"


@lru_cache(maxsize=4)
def _date(second: datetime) -> bytes:
    return format_datetime(second).encode("ascii")


def date(now: datetime) -> bytes:
    return _date(now.replace(microsecond=0))


def check(head: bytes) -> None:
    """Raise UnsafeHead unless the head is made of our own headers, each once, in lines that end in CR LF."""
    if not _HEAD.fullmatch(head) or max(map(len, head.split(b"\r\n"))) > 998:
        raise UnsafeHead("The head of the mail is not as it should be; nothing was sent.")


def _encoded(text: str) -> bytes:
    """The text as encoded words, cut between characters."""
    data, words_ = text.encode(), []
    while data:
        end = min(len(data), _ENCODED_WORD_BYTES)
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        words_.append(b"=?utf-8?b?" + binascii.b2a_base64(data[:end], newline=False) + b"?=")
        data = data[end:]
    return b"\r\n ".join(words_)
