"""What the head office wants, what became of it, and how one item is tried for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups.models import path_keys
from shared.errors import ServiceError, Text

ORIGIN = "franchise"
T = TypeVar("T")


class WantedGroup(NamedTuple):
    """A group as the head office has it. `key`: what it knows it by, whatever it is called; None: its path.

    What `fields` does not say stays as it is. `implied`: it is only named as one that others lie below.
    """

    levels: tuple[str, ...]
    key: str | None
    fields: dict[str, Any]
    implied: bool = False

    @property
    def path(self) -> str:
        return "/".join(self.levels)

    @property
    def hash(self) -> str:
        return path_keys(self.levels)[0]


class WantedAttribute(NamedTuple):
    scope: str
    key: str
    fields: dict[str, Any]


class Done(NamedTuple):
    """What became of one item: created, updated, unchanged, adopted, removed, kept or conflict."""

    status: str
    name: str
    key: str | None = None
    id: UUID | None = None
    problem: Text | None = None


class Way(NamedTuple):
    """How to go about it.

    `prune` removes what the head office no longer has; what still has members or values only with
    `remove_members`. `adopt` takes over what the branch has made by the same name.
    """

    prune: bool = False
    remove_members: bool = False
    adopt: bool = False
    dry_run: bool = False


class Refused(Exception):
    def __init__(self, problem: Text) -> None:
        super().__init__(str(problem))
        self.problem = problem


def tried(session: Session, do: Callable[[], T]) -> tuple[T | None, Text | None]:
    """Do something, or nothing of it: what was refused comes back as its reason."""
    step = session.begin_nested()
    try:
        result = do()
        session.flush()
    except (ServiceError, Refused) as refused:
        step.rollback()
        return None, _reason(refused)
    step.commit()
    return result, None


def _reason(refused: ServiceError | Refused) -> Text:
    if isinstance(refused, Refused):
        return refused.problem
    for messages in (refused.errors or {}).values():
        for message in messages:
            if isinstance(message, Text):
                return message
    return refused.text
