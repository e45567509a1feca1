"""What fault tests asked for and what came of it, as one line for each fault at the end of a run.

An entry travels with the report of its test, so the lines are the same with -q and under pytest-xdist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

PROPERTY = "ledger"


@dataclass
class Ledger:
    """`fault` names the line: entries with the same one are added up."""

    fault: str = ""
    kills: int = 0
    attempted: int = 0
    effects: int = 0
    lost: int = 0
    double: int = 0
    uncertain: int = 0
    given_up: int = 0
    recovery_s: float = 0.0

    def add(self, other: Ledger) -> None:
        for one in fields(self)[1:-1]:
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.recovery_s = max(self.recovery_s, other.recovery_s)

    def entry(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        told = [
            f"{self.kills} faults",
            f"{self.attempted} attempted",
            f"{self.effects} effects",
            f"{self.lost} lost",
            f"{self.double} double",
            f"{self.uncertain} uncertain",
        ]
        if self.given_up:
            told.append(f"{self.given_up} given up with a reason")
        if self.recovery_s:
            told.append(f"recovered within {self.recovery_s:.1f} s")
        return f"{self.fault}: {', '.join(told)}"


def lines(reports: Iterable[Any]) -> list[str]:
    """The ledgers that came with these reports, added up."""
    found: dict[str, Ledger] = {}
    for report in reports:
        if getattr(report, "when", "") != "teardown":
            continue
        for name, entry in report.user_properties:
            if name == PROPERTY:
                one = Ledger(**entry)
                found.setdefault(one.fault, Ledger(one.fault)).add(one)
    return [str(ledger) for ledger in found.values()]
