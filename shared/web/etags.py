"""ETags are versions: what a PATCH or DELETE saw goes into its UPDATE, so check and change are one step."""

from __future__ import annotations

import re

from flask import request

from shared.errors import PreconditionFailed, PreconditionRequired


def etag(version: int) -> dict[str, str]:
    """Return the header to answer with: `return item, etag(item.version)`."""
    return {"ETag": f'"{version}"'}


def expected_version() -> int:
    """Return the version that the caller has read, from If-Match.

    Raises PreconditionRequired (428) without the header and PreconditionFailed (412) for one that no item of
    ours ever had. A weak tag counts: proxies that compress make strong tags weak.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise PreconditionRequired
    match = re.fullmatch(r'(?:W/)?"(\d{1,18})"', given.strip())
    if match is None:
        raise PreconditionFailed
    return int(match[1])
