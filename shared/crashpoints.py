"""Places where a fault test may kill the process, as the kernel would: without a last word.

`CRASH_AT=relay.after_publish:3` dies when that point is passed for the third time. Unset, a point costs one
comparison.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "api.before_commit",
    "api.after_commit",
    "relay.before_publish",
    "relay.after_publish",
    "relay.after_confirm",
    "relay.after_delete",
    "handover.before_process",
    "handover.after_process",
    "handover.after_delete",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.after_ack",
    "consumer.before_bury",
    "consumer.after_bury",
)
"""The points of the road that events take. Services add their own."""

_name, _, _count = os.environ.get("CRASH_AT", "").partition(":")
_left = int(_count or 1)


def crashpoint(name: str) -> None:
    """Die here if this pass is the one that CRASH_AT names."""
    global _left  # noqa: PLW0603 - one process dies once
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
