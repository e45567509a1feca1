"""A no holds from its answer on: what is being handed over at that moment is waited for."""

from __future__ import annotations

import time
from collections.abc import Collection
from uuid import UUID

from services.followup.actions.consent import being_handed_over
from shared.db import utcnow
from shared.web import reading

LONGEST_S = 30.0
EVERY_S = 0.02


def until_nothing_is_on_its_way(
    customer_ids: Collection[UUID], longest_s: float = LONGEST_S
) -> bool:
    """Wait until no mail to one of them is with the mail server; False if that takes too long."""
    end = time.monotonic() + longest_s
    while True:
        with reading() as session:
            if not being_handed_over(session, customer_ids, utcnow()):
                return True
        if time.monotonic() > end:
            return False
        time.sleep(EVERY_S)
