"""Why a file is not read. The parent has the words for it."""

from __future__ import annotations


class Refused(Exception):
    """`reason` is one of the keys of `readers.refusals`; `facts` go into its sentence."""

    def __init__(self, reason: str, **facts: str | int | list[str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
