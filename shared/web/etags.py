"""ETags are versions: what a PATCH or DELETE saw goes into its UPDATE, so check and change are one step."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import request

from shared.errors import PreconditionFailed, PreconditionRequired
from shared.web.blueprint import document

View = TypeVar("View", bound=Callable[..., Any])

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "example": '"3"'},
    "description": "The ETag of what was read: somebody else's change is never overwritten unseen",
}
MOVED_ON = {
    "412": "Somebody else changed it since it was read",
    "428": "If-Match is missing",
}


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


def versioned(view: View) -> View:
    """Give the view what `expected_version` returns as `version`; the outermost decorator."""

    @wraps(view)
    def with_version(*args: Any, **kwargs: Any) -> Any:
        return view(*args, version=expected_version(), **kwargs)

    document(with_version, IF_MATCH, MOVED_ON)
    return with_version  # type: ignore[return-value]
