"""Waiting for services that are away, as long as the work is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from shared.backoff import Backoff
from shared.errors import Unavailable


class Stopped(Exception):
    """The process is told to end, or the work is not wanted any more: leave everything as it is."""


def patiently(
    call: Callable[[], Any], stop: threading.Event, between: Callable[[], None] | None = None
) -> Any:
    """Call until the service is there, with `between` after each failure.

    Raises Stopped if `stop` is set before that.
    """
    backoff = Backoff(first_s=0.2, longest_s=15)
    while True:
        if stop.is_set():
            raise Stopped
        try:
            return call()
        except Unavailable:
            if between is not None:
                between()
            backoff.wait(stop)
