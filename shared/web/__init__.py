"""The HTTP door that all services share: errors, tokens, limits, paging, ETags, repeated requests."""

from shared.web.app import create_app
from shared.web.blueprint import Blueprint, scope
from shared.web.etags import etag, expected_version, versioned
from shared.web.idempotency import idempotent
from shared.web.paging import PageArgs, carried_total, carrying_total, page_of, paginate
from shared.web.problems import language
from shared.web.requests import json_body
from shared.web.security import principal
from shared.web.transactions import glancing, reading, transaction

__all__ = [
    "Blueprint",
    "PageArgs",
    "carried_total",
    "carrying_total",
    "create_app",
    "etag",
    "expected_version",
    "glancing",
    "idempotent",
    "json_body",
    "language",
    "page_of",
    "paginate",
    "principal",
    "reading",
    "scope",
    "transaction",
    "versioned",
]
