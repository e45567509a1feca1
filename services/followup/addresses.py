"""The key an address is known by where the address itself must not stand."""

from __future__ import annotations

import hashlib
import hmac
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Secret
from shared.values import ValueRefused, normalise_email


def address_keys(session: Session) -> AddressKeys:
    """This installation's keyed hash. The key stands in the database: rotating the installation's secret
    must not forget who has opted out."""
    known = session.info.get("address_keys")
    if known is None:
        known = session.info["address_keys"] = AddressKeys(_secret(session))
    return cast(AddressKeys, known)


class AddressKeys:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, address: str | None) -> str | None:
        """The same for all ways to write one address; None without one."""
        if not address:
            return None
        try:
            normal = normalise_email(address)
        except ValueRefused:
            normal = address.strip().casefold()
        return hmac.digest(self._secret, normal.encode("utf-8", "replace"), hashlib.sha256)[
            :20
        ].hex()


def _secret(session: Session) -> bytes:
    """Made once, by the first migration."""
    return cast(bytes, session.scalar(select(Secret.value).where(Secret.name == "addresses")))
