"""Growing pauses between attempts, so that something that is away is neither hammered nor forgotten."""

from __future__ import annotations

import random
import threading


class Backoff:
    """Pauses that double from `first_s` to `longest_s`, a little apart from everybody else's."""

    def __init__(self, first_s: float = 0.1, longest_s: float = 2.0) -> None:
        self._first = first_s
        self._longest = longest_s
        self._next = first_s

    def reset(self) -> None:
        """It worked: the next trouble begins with a short pause."""
        self._next = self._first

    def next(self) -> float:
        """Return the pause to make now, in seconds."""
        pause = self._next * random.uniform(0.75, 1.0)
        self._next = min(self._next * 2, self._longest)
        return pause

    def wait(self, stop: threading.Event) -> None:
        """Pause, but not longer than until `stop`."""
        stop.wait(self.next())
