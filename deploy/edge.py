"""Which service answers which address. nginx has the same table in containers (a test compares them)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

PREFIX = "/api/v1/"
EVERYTHING_ELSE = "console"
NOUNS: Mapping[str, tuple[str, ...]] = {
    "customers": (
        "customers", "duplicates", "activities", "history", "history-settings", "operations",
        "erasures",
    ),
    "groups": (
        "groups", "memberships", "attributes", "attribute-values", "selections", "forms",
        "public/forms",
    ),
    "importer": ("imports", "exports", "importer"),
    "followup": (
        "sequences", "enrolments", "mailings", "mails", "previews", "letters", "suppressions",
        "bounces", "public/opt-in", "public/unsubscribe", "public/preferences", "followup",
    ),
}  # fmt: skip
"""The first nouns under /api/v1 of each service; its own name leads to its documentation."""
PAGES: Mapping[str, str] = {"f": "groups"}
"""First names outside of /api/v1 that are not the console's: the pages of web forms."""

_OWNER = {noun: service for service, nouns in NOUNS.items() for noun in nouns}


def service_for(path: str) -> str:
    """Return the service that answers `path`."""
    if not path.startswith(PREFIX):
        return PAGES.get(path.removeprefix("/").partition("/")[0], EVERYTHING_ELSE)
    first, _, rest = path.removeprefix(PREFIX).partition("/")
    if first == "public":
        first = f"public/{rest.partition('/')[0]}"
    return _OWNER.get(first, EVERYTHING_ELSE)


class Edge:
    """One WSGI app in front of all the services of a process; `apps` may still be growing."""

    def __init__(self, apps: Mapping[str, WsgiApp]) -> None:
        self._apps = apps

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        return self._apps[service_for(environ.get("PATH_INFO", ""))](environ, start_response)
