"""Who may get what: one answer for enrolling, for changes of mind, and for the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

from services.followup.models import Consent, EnrolmentState

NEWSLETTER = "newsletter"
SERVICE = "service"
INVITATION = "invitation"  # a service mail that asks for consent

# Whoever was reached at the address has been erased, and was entered again since.
ERASED_BEFORE = "erased_before"


class Standing(NamedTuple):
    """What is known of a customer at this moment."""

    known: bool = False
    active: bool = True
    erased: bool = False
    has_address: bool = False
    consent: str = Consent.NONE
    suppressed: AbstractSet[str] = frozenset()


UNKNOWN = Standing()


def obstacle(purpose: str, standing: Standing) -> str | None:
    """Why this customer gets no mail of this purpose now; None if nothing stands in the way."""
    if not standing.known:
        return "unknown_customer"
    if standing.erased:
        return "erased"
    if not standing.active:
        return "inactive"
    blocked = standing.suppressed
    if purpose == INVITATION:
        # Who unsubscribed may ask to be asked again; the answer is a click of their own.
        blocked = blocked - {"unsubscribed"}
    if purpose == NEWSLETTER and "erased" in blocked:
        blocked = blocked | {ERASED_BEFORE}
    for reason in ("unsubscribed", "complained", "manual", "bounced", ERASED_BEFORE):
        if reason in blocked:
            return reason
    if purpose == NEWSLETTER and standing.consent != Consent.CONFIRMED:
        return "opted_out" if standing.consent == Consent.REVOKED else "no_consent"
    return None if standing.has_address else "no_address"


class Move(NamedTuple):
    """The state an enrolment goes into, and why."""

    state: EnrolmentState
    reason: str | None


ENDS, PAUSES = EnrolmentState.STOPPED, EnrolmentState.PAUSED
UNDER_WAY: Mapping[str, EnrolmentState] = MappingProxyType(
    {
        # The person has said no, or is gone. Whoever comes anew waits for a yes.
        "erased": ENDS,
        "opted_out": ENDS,
        "unsubscribed": ENDS,
        "complained": ENDS,
        "manual": ENDS,
        # What may be put right.
        "bounced": PAUSES,
        "no_address": PAUSES,
        "no_consent": PAUSES,
        "erased_before": PAUSES,
        "unknown_customer": PAUSES,
        "inactive": PAUSES,  # unless the sequence's policy ends it
    }
)
"""What each obstacle does to whoever is under way in a sequence."""


def _under_way(hindrance: str, on_inactive: str) -> EnrolmentState:
    if hindrance == "inactive" and on_inactive == "stop":
        return ENDS
    return UNDER_WAY[hindrance]


def at_entry(hindrance: str | None, on_inactive: str) -> Move | None:
    """How an enrolment begins; None if it does not."""
    if hindrance is None:
        return Move(EnrolmentState.ACTIVE, None)
    if hindrance == "erased":
        return None
    if hindrance == "inactive":
        return Move(_under_way(hindrance, on_inactive), hindrance)
    return Move(EnrolmentState.WAITING, hindrance)


def after_change(  # noqa: PLR0911 - a table of cases, read from above
    state: str, reason: str | None, hindrance: str | None, on_inactive: str
) -> Move | None:
    """Where a live enrolment goes now that something about its customer has changed; None if it stays."""
    becomes = _under_way(hindrance, on_inactive) if hindrance else None
    if hindrance in ("erased", "inactive") and becomes == ENDS:
        return Move(ENDS, hindrance)
    if state == EnrolmentState.WAITING:
        if hindrance is None:
            return Move(EnrolmentState.ACTIVE, None)
        return None if hindrance == reason else Move(EnrolmentState.WAITING, hindrance)
    if becomes == ENDS:
        return Move(ENDS, hindrance)
    if state == EnrolmentState.PAUSED and reason == "left_group":
        return None
    if hindrance is None:
        return Move(EnrolmentState.ACTIVE, None) if state == EnrolmentState.PAUSED else None
    if state == EnrolmentState.PAUSED and reason == hindrance:
        return None
    return Move(EnrolmentState.PAUSED, hindrance)
