"""Access tokens: who asks and what they may do. Each service verifies them by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.config import Settings
from shared.errors import Text, Unauthorized

ALGORITHM = "HS256"
ISSUER = "stammkunde"
EVERY_SERVICE = "stammkunde"
ACCESS_S = 15 * 60
SERVICE_S = 5 * 60
LEEWAY_S = 30

SCOPES = (
    "customers:read",
    "customers:write",
    "groups:read",
    "groups:write",
    "imports:write",
    "exports:read",
    "followup:read",
    "followup:write",
    "head_office",
    "admin",
)


class BadToken(Unauthorized):
    template = Text(
        "The access token is not valid (any more). Get a new one from POST /api/v1/token.",
        de="Das Zugangstoken ist nicht (mehr) gültig. Ein neues gibt es über POST /api/v1/token.",
    )


@dataclass(frozen=True)
class Principal:
    """Who asks: `subject` names them for good ("user:…", "client:…", "service:importer"), `name` to read."""

    subject: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """True if the scope, or `admin`, was given. The empty scope asks for any valid token."""
        return not scope or scope in self.scopes or "admin" in self.scopes


def issue_token(
    settings: Settings,
    *,
    subject: str,
    name: str,
    scopes: tuple[str, ...] | frozenset[str],
    audience: str = EVERY_SERVICE,
    lifetime_s: int = ACCESS_S,
) -> str:
    """Return a signed JWT (RFC 7519) for one service, or for every service of this installation."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": subject,
        "name": name,
        "aud": audience,
        "scope": " ".join(sorted(scopes)),
        "iat": now,
        "exp": now + lifetime_s,
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key(settings), algorithms=[ALGORITHM])


def verify_token(settings: Settings, token: str) -> Principal:
    """Return whom the token speaks for. Raises BadToken: signature, algorithm, audience or time is wrong."""
    principal, expires_at = _verified(settings.key("access tokens"), settings.service, token)
    if time.time() > expires_at + LEEWAY_S:
        raise BadToken
    return principal


@lru_cache(maxsize=1024)
def _verified(key: bytes, service: str, token: str) -> tuple[Principal, float]:
    """Return whom a token speaks for that is valid now, and until when: one is shown with many requests."""
    try:
        claims = jwt.decode(token, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "values": [EVERY_SERVICE, service]},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)
        principal = Principal(
            subject=str(claims["sub"]),
            name=str(claims.get("name", claims["sub"])),
            scopes=frozenset(str(claims.get("scope", "")).split()),
        )
        return principal, float(claims["exp"])
    except (JoseError, ValueError, TypeError, AttributeError):
        raise BadToken from None


def _key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.key("access tokens"))
