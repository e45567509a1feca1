"""Acts on many customers, as they are shown."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from shared.fields import Integer, Moment
from shared.operations import why_it_failed
from shared.web import PageArgs, language

KINDS = ("add_members", "remove_members")
STATES = ("running", "finished", "failed", "undoing", "undone")


class Failure(ma.fields.String):
    """Why an operation stopped, in the language of the reader."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return super()._serialize(why_it_failed(obj, language()), attr, obj, **kwargs)


class OperationArgs(PageArgs):
    kind = ma.fields.String(validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))


class OperationSchema(ma.Schema):
    """An act on many customers. `done` of `count` are through, `changed` of them joined or left; `kept` were
    left as they are when it was taken back, because somebody has changed that since."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    count = Integer(required=True)
    done = Integer(required=True)
    changed = Integer(required=True)
    kept = Integer(required=True)
    request = ma.fields.Dict(keys=ma.fields.String(), required=True)
    failure = Failure(required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = ma.fields.String(required=True)
    finished_at = Moment(required=True, allow_none=True)
    undone_at = Moment(required=True, allow_none=True)
    undone_by = ma.fields.String(required=True, allow_none=True)
