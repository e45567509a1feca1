"""Sequences as the mailer goes by them: read once per version, not once per mail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Policies, Sequence, SequenceVersion, Step
from services.followup.schedule import Window

_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Script:
    """What a sequence says about all of its mails."""

    id: UUID
    version: int
    name: str
    purpose: str
    sender: dict[str, Any]
    window: Window | None
    zone: ZoneInfo
    zone_of: str
    rules: Policies


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one published version, in order."""

    steps: tuple[Step, ...]
    by_key: dict[str, int]
    use_attributes: bool

    def get(self, key: str) -> Step | None:
        position = self.by_key.get(key)
        return None if position is None else self.steps[position]

    def after(self, key: str, but: Collection[str] = ()) -> Step | None:
        """The step that follows, leaving out those with the keys `but`; None after the last."""
        position = self.by_key.get(key)
        if position is None:
            return None
        return next((step for step in self.steps[position + 1 :] if step.key not in but), None)


class Scripts:
    """Remembers what was read. A changed sequence has another version; published steps never change."""

    def __init__(self) -> None:
        self._scripts: dict[UUID, Script] = {}
        self._steps: dict[UUID, Steps] = {}

    def script(self, session: Session, sequence_id: UUID, version: int | None = None) -> Script:
        """The sequence as remembered; read again where it is not, or not at `version`."""
        known = self._scripts.get(sequence_id)
        if known is None or version not in (None, known.version):
            found = session.get(Sequence, sequence_id)
            assert found is not None
            known = Script(
                found.id, found.version, found.name, found.purpose, found.sender, found.window,
                found.zone, found.zone_of, found.rules,
            )  # fmt: skip
            _forget(self._scripts)
            self._scripts[sequence_id] = known
        return known

    def steps(self, session: Session, version_id: UUID) -> Steps:
        known = self._steps.get(version_id)
        if known is None:
            version = session.scalars(
                select(SequenceVersion).where(SequenceVersion.id == version_id)
            ).one()
            steps = tuple(version.as_steps)
            known = Steps(
                steps,
                {step.key: position for position, step in enumerate(steps)},
                any("attributes" in f"{s.subject}{s.html}{s.text}" for s in steps),
            )
            _forget(self._steps)
            self._steps[version_id] = known
        return known


def _forget(remembered: dict[UUID, Any]) -> None:
    if len(remembered) >= _KEPT:
        remembered.clear()
