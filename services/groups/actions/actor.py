"""Who does something."""

from __future__ import annotations

from dataclasses import dataclass

from services.groups.errors import HeadOfficeOnly


@dataclass(frozen=True)
class Actor:
    """A person or program; `head_office` ones may change what belongs to the head office."""

    name: str
    head_office: bool = False

    def must_be_head_office(self, name: str) -> None:
        """Raise HeadOfficeOnly unless `name`, which belongs to the head office, may be changed."""
        if not self.head_office:
            raise HeadOfficeOnly(name=name)
