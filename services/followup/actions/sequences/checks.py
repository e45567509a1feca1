"""What would be wrong with a sequence's messages, found before any is sent."""

from __future__ import annotations

from collections.abc import Sequence

from services.followup.messages.headers import BadAddress
from services.followup.messages.layout import Layout, Message, Sender
from services.followup.messages.template import Fields, TemplateProblem
from services.followup.models import Sequence as MailSequence
from services.followup.models import Step
from shared.errors import Invalid, Text

# Checked before anything is sent: who really sends is decided by the settings.
_ANYBODY = Sender("", "sender@example.com")


def check(found: MailSequence, steps: Sequence[Step], fields: Fields) -> None:
    """Find what is wrong with the messages before any is sent. Raises Invalid."""
    errors: dict[str, list[Text]] = {}
    for position, step in enumerate(steps):
        problem = problem_of(step, found.newsletter, fields)
        if problem is not None:
            errors[f"steps.{position}"] = [problem]
    try:
        Layout(Message("x", text="x"), _sender_of(found), newsletter=False)
    except BadAddress as error:
        errors["sender.address"] = [error.problem]
    if errors:
        raise Invalid(errors=errors)


def _sender_of(found: MailSequence) -> Sender:
    chosen = found.sender
    return Sender(
        chosen.get("name") or "", chosen.get("address") or _ANYBODY.address, chosen.get("reply_to")
    )


def problem_of(step: Step, newsletter: bool, fields: Fields) -> Text | None:
    """Why this step's message cannot be used; None if it can."""
    try:
        Layout(step.message, _ANYBODY, newsletter=newsletter, fields=fields)
    except TemplateProblem as problem:
        return problem.problem
    return None
