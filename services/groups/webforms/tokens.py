"""The token in a form: since when it is there, with which wording. It cannot be made elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadSignature, Signer

from shared.config import Settings

LIFE = timedelta(days=1)
_NONCE = 12
_SAID = struct.Struct(">QQ")


class Token(NamedTuple):
    """`ready_at`: nobody fills the form in before. `nonce`: the same where one page is sent twice.

    `consent_version`: the wording that stood there.
    """

    nonce: bytes
    ready_at: datetime
    consent_version: int

    def expired(self, now: datetime) -> bool:
        return now > self.ready_at + LIFE


class Tokens:
    """Makes and reads the tokens of forms; one form's token is none for another."""

    def __init__(self, settings: Settings) -> None:
        self._signer = Signer(
            settings.key("web forms"), salt="form token", digest_method=hashlib.sha256
        )

    def make(self, form_id: UUID, ready_at: datetime, consent_version: int) -> str:
        said = _SAID.pack(int(ready_at.timestamp()), consent_version)
        value = form_id.bytes + secrets.token_bytes(_NONCE) + said
        return self._signer.sign(base64.urlsafe_b64encode(value)).decode("ascii")

    def read(self, token: str, form_id: UUID) -> Token | None:
        """Return what the token says; None if it is not of this form and ours."""
        try:
            value = base64.urlsafe_b64decode(self._signer.unsign(token.encode("ascii")))
        except (BadSignature, UnicodeEncodeError, binascii.Error):
            return None
        if value[:16] != form_id.bytes:
            return None
        seconds, consent_version = _SAID.unpack(value[16 + _NONCE :])
        ready_at = datetime.fromtimestamp(seconds, UTC)
        return Token(value[16 : 16 + _NONCE], ready_at, consent_version)
