"""What the benchmark prints: one row per piece of work, its limit beside it, and the bar to reach."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """`product` beside `limit`, both in `unit`. For times (ms) the bar is a most, else a least ratio."""

    work: str
    product: float
    unit: str
    limit: float | None = None
    limit_is: str = ""
    bar: float | None = None
    compare: Literal["ratio", "at most"] = "ratio"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.product / self.limit if self.limit else None

    @property
    def reached(self) -> bool | None:
        if self.bar is None:
            return None
        if self.compare == "at most":
            return self.product <= self.bar
        return self.ratio is not None and self.ratio >= self.bar


def median_of(runs: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(runs))


def show(figures: Sequence[Figure]) -> None:
    table = Table(title="Speed beside its limit (medians; everything on this machine's cores)")
    for heading in ("Work", "Product", "Limit or peer", "Ratio", "Bar", ""):
        table.add_column(heading, justify="right" if heading in ("Product", "Ratio") else "left")
    for figure in figures:
        table.add_row(
            figure.work + (f"\n[dim]{figure.note}[/]" if figure.note else ""),
            f"{figure.product:,.0f} {figure.unit}" if figure.product >= 10 else
            f"{figure.product:.2f} {figure.unit}",
            f"{figure.limit:,.0f} {figure.unit}  {figure.limit_is}" if figure.limit else "",
            "" if figure.ratio is None else f"{figure.ratio:.3f}",
            "" if figure.bar is None else
            (f"≤ {figure.bar:g} {figure.unit}" if figure.compare == "at most" else f"≥ {figure.bar:g}"),
            {True: "[green]reached", False: "[red]below", None: ""}[figure.reached],
        )  # fmt: skip
    Console(width=150).print(table)


def save(figures: Sequence[Figure], path: Path) -> None:
    rows = [asdict(f) | {"ratio": f.ratio, "reached": f.reached} for f in figures]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
