"""What the child may use. It takes the limits upon itself before it reads a byte of the file."""

from __future__ import annotations

import resource
import signal

import msgspec

MIB = 1024 * 1024
NO_MEMORY, TOO_TIGHT = 3, 4
"""Exit codes."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one file."""

    memory_mb: int
    unpacked_mb: int
    seconds: int
    """Of work. Waiting for the file is not work; the whole may take half as long again."""

    @property
    def patience_s(self) -> int:
        return self.seconds + self.seconds // 2 + 1


def take_on(limits: Limits) -> None:
    """From here on the process ends by itself if it needs more."""
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_NOFILE, 16)
    _set(resource.RLIMIT_AS, limits.memory_mb * MIB)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    if hasattr(resource, "RLIMIT_NPROC"):
        _set(resource.RLIMIT_NPROC, 0)
    signal.alarm(limits.patience_s)


def _set(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))
