"""Passwords and secrets: made at random, kept as argon2id hashes, compared in the same time."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200

_hasher = PasswordHasher()
# What a login that does not exist is compared with, so that its answer takes as long.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def hashed(password: str) -> str:
    return _hasher.hash(_plain(password))


def matches(stored_hash: str | None, password: str) -> bool:
    """Compare. Takes as long, and says no, where there is no hash to compare with."""
    try:
        return _hasher.verify(stored_hash or _NOBODY, _plain(password)) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def random_password() -> str:
    """Return a password that can be read from a screen and typed: 4 x 5 characters, 99 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def random_secret() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return how a secret that is itself random is looked up without being stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(password: str) -> str:
    """Return the one form of a password that every keyboard's way of typing an umlaut leads to."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
