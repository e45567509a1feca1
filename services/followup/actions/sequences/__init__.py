"""Sequences: drawn up and changed, paused and archived, with the versions of their steps."""

from services.followup.actions.sequences.checks import problem_of
from services.followup.actions.sequences.drawing import change, create, remove
from services.followup.actions.sequences.states import archive, locked, pause

__all__ = ["archive", "change", "create", "locked", "pause", "problem_of", "remove"]
