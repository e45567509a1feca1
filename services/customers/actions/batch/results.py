"""What became of one row of a batch."""

from __future__ import annotations

from typing import Literal

import msgspec

from services.customers.lines import Errors, Line
from services.customers.models import Customer

Status = Literal["created", "updated", "unchanged", "conflict", "invalid"]


class Result(msgspec.Struct, gc=False):
    """`customer` is the version that the row led to, or the one it clashes with."""

    line: Line
    status: Status
    customer: Customer | None = None
    errors: Errors = {}
    warnings: Errors = {}
