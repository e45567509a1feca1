"""Sequences as the outside sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.queries import sequences as sequence_queries
from services.followup.queries.problems import problems
from shared.web.paging import Page, paginate


def shown(session: Session, sequence: models.Sequence) -> dict[str, Any]:
    """A sequence as the outside sees it."""
    steps = sequence_queries.steps_of(session, [sequence.version_id])
    fields = (
        "id", "name", "state", "purpose", "start_groups", "include_subgroups", "excluding_groups",
        "end_group", "sender", "timezone", "zone_of", "policies", "version", "created_at", "updated_at",
        "activated_at",
    )  # fmt: skip
    return {name: getattr(sequence, name) for name in fields} | {
        "window": sequence.sending_window or None,
        "problems": problems(session, sequence),
        "steps": [_step(step) for step in steps.get(sequence.version_id, [])],
    }


def _step(step: models.Step) -> dict[str, Any]:
    return {
        "key": step.key, "delay": step.delay, "at": step.at, "subject": step.subject,
        "html": step.html, "text": step.text,
    }  # fmt: skip


def list_sequences(
    session: Session, *, limit: int, cursor: str | None, state: str | None = None
) -> Page:
    wanted = select(models.Sequence)
    if state:
        wanted = wanted.where(models.Sequence.state == state)
    page = paginate(session, wanted, keys=[(models.Sequence.id, False)], limit=limit, cursor=cursor)
    page["items"] = [shown(session, sequence) for sequence in page["items"]]
    return page
