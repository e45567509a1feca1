"""Links in mails: signed, one kind of token per purpose, without any address inside."""

from __future__ import annotations

import base64
import binascii
import hashlib
from uuid import UUID

from itsdangerous import BadSignature, Signer

from shared.config import Settings


class Links:
    """Makes and reads the links of mails. A token of one purpose is none for another."""

    def __init__(self, settings: Settings) -> None:
        key = settings.key("links in mails")
        self._base = f"{settings.public_url}/api/v1/public"
        self._unsubscribe = _Signer(key, "unsubscribe")
        self._opt_in = _Signer(key, "opt-in")
        self._preferences = _Signer(key, "preferences")

    def unsubscribe(self, customer_id: UUID, mail_id: UUID) -> str:
        """The link never expires: a mail may be read after years."""
        return f"{self._base}/unsubscribe/{_sign(self._unsubscribe, customer_id, mail_id)}"

    def opt_in(self, invitation_id: UUID) -> str:
        return f"{self._base}/opt-in/{_sign(self._opt_in, invitation_id)}"

    def preferences(self, customer_id: UUID) -> str:
        """The link never expires, and is the same in every mail to a customer."""
        return f"{self._base}/preferences/{_sign(self._preferences, customer_id)}"

    def read_unsubscribe(self, token: str) -> tuple[UUID, UUID] | None:
        """The customer and the mail; None if the token is not ours."""
        ids = _read(self._unsubscribe, token, 2)
        return (ids[0], ids[1]) if ids else None

    def read_opt_in(self, token: str) -> UUID | None:
        ids = _read(self._opt_in, token, 1)
        return ids[0] if ids else None

    def read_preferences(self, token: str) -> UUID | None:
        ids = _read(self._preferences, token, 1)
        return ids[0] if ids else None


class _Signer(Signer):
    """Works its key out once, not for every mail."""

    def __init__(self, key: bytes, purpose: str) -> None:
        super().__init__(key, salt=f"followup {purpose}", digest_method=hashlib.sha256)
        self._derived = super().derive_key()

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:  # noqa: ARG002
        return self._derived


def _sign(signer: Signer, *ids: UUID) -> str:
    value = base64.urlsafe_b64encode(b"".join(id_.bytes for id_ in ids)).rstrip(b"=")
    return signer.sign(value).decode("ascii")


def _read(signer: Signer, token: str, count: int) -> list[UUID] | None:
    try:
        value = signer.unsign(token.encode("ascii"))
        data = base64.urlsafe_b64decode(value + b"=" * (-len(value) % 4))
    except (BadSignature, UnicodeEncodeError, binascii.Error):
        return None
    if len(data) != 16 * count:
        return None
    return [UUID(bytes=data[start : start + 16]) for start in range(0, len(data), 16)]
