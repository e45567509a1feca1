"""Blueprints that say which scope their views need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint as SmorestBlueprint

from shared.web.requests import StrictParser

View = TypeVar("View", bound=Callable[..., Any])


class Blueprint(SmorestBlueprint):
    """A group of views under one prefix. `read` and `write` are the scopes that its methods need.

    A scope of None makes these methods public: they answer without a token.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        url_prefix: str,
        read: str | None,
        write: str | None,
        description: str = "",
        **options: Any,
    ) -> None:
        super().__init__(
            name, import_name, url_prefix=url_prefix, description=description, **options
        )
        self.read = read
        self.write = write
        self._prepare_doc_cbks += (self._prepare_scope_doc, _prepare_headers_doc)

    def arguments(self, schema: Any, **options: Any) -> Any:
        """As flask-smorest does it, but the schema is put together once and not for each request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    def scope_of(self, method: str, view: Callable[..., Any] | None) -> str | None:
        """Return the scope that calling `view` by `method` needs, None if it is public."""
        if view is not None and hasattr(view, "_scope"):
            chosen: str | None = view._scope
            return chosen
        return self.read if method in ("GET", "HEAD", "OPTIONS") else self.write

    def _prepare_scope_doc(
        self, doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_kwargs: Any
    ) -> dict[str, Any]:
        needed = doc_info.get("scope", self.read if method == "get" else self.write)
        doc["security"] = [] if needed is None else [{"token": [needed]}]
        if needed is not None:
            responses = doc.setdefault("responses", {})
            responses.setdefault("401", "UNAUTHORIZED")
            responses.setdefault("403", "FORBIDDEN")
        return doc


def _prepare_headers_doc(
    doc: dict[str, Any], doc_info: dict[str, Any], **_kwargs: Any
) -> dict[str, Any]:
    for header, answers in doc_info.get("headers", ()):
        doc.setdefault("parameters", []).append(header)
        for status, description in answers.items():
            doc.setdefault("responses", {}).setdefault(status, {"description": description})
    return doc


def document(view: Callable[..., Any], header: dict[str, Any], answers: dict[str, str]) -> None:
    """Have the OpenAPI document name a request header that the view reads, and what it answers for it."""
    known: dict[str, Any] = getattr(view, "_apidoc", {})
    view._apidoc = {  # type: ignore[attr-defined]
        **known,
        "headers": [*known.get("headers", ()), (header, answers)],
    }


def scope(needed: str | None) -> Callable[[View], View]:
    """Give one view function another scope than its method suggests: a POST that only reads."""

    def decorator(view: View) -> View:
        view._scope = needed  # type: ignore[attr-defined]
        view._apidoc = {**getattr(view, "_apidoc", {}), "scope": needed}  # type: ignore[attr-defined]
        return view

    return decorator
