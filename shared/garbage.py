"""Garbage collection in a process that has loaded much and then makes many short-lived objects.

Left alone, Python walks through every loaded module again and again while a batch of 5,000 rows is at work:
that takes as long as the work.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 10, 5


def settle() -> None:
    """Leave what is there now alone from here on, and look at what comes less often.

    For a process that has loaded all it needs, once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
