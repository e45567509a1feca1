"""A stored import, opened: its rows read and converted, in steps of some hundred."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from services.importer.config import Settings
from services.importer.detection import Detected, Open, data_rows
from services.importer.files.corrections import corrections_of, laid_over
from services.importer.files.storage import open_stored
from services.importer.mapping import Attribute, check_mapping
from services.importer.models import Import
from services.importer.readers import Row
from services.importer.rows import Converted, RowReader
from services.importer.rows.dates import samples_of
from services.importer.running.calls import Services
from shared.db import Database, utcnow

LARGEST_STEP = 2_000_000
"""Characters of cells in one step: a bulk request stays well below what a service takes."""


class Source:
    """The rows of an import, ready to be written."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        found: Import,
        services: Services,
        ask: Callable[[Callable[[], Any]], Any] = lambda call: call(),
    ) -> None:
        """`ask` calls the services: at once, or as long as it takes.

        Raises UnknownTarget if an attribute of the mapping is not there any more.
        """
        self.import_id: UUID = found.id
        self.options = found.chosen
        self.rows_total = found.rows_total
        self._detected = msgspec.convert(found.detected, Detected)
        self._open: Open = partial(open_stored, database, found.id)
        self._size = settings.import_chunk_rows
        self.columns = columns = self._detected.names
        self._corrections = corrections_of(database, found.id)
        attributes: list[Attribute] = ask(services.attributes)
        known = {attribute.key: attribute for attribute in attributes}
        check_mapping(self.options.mapping, columns, known)
        says_groups = "groups" in self.options.mapping.values()
        self.group_paths: list[str] = ask(services.group_paths) if says_groups else []
        self.reader = RowReader(
            import_id=found.id,
            columns=columns,
            options=self.options,
            attributes=known,
            zone=settings.timezone,
            home=settings.business_country,
            now=utcnow(),
            samples=samples_of(self.rows(), columns, self.options.mapping, known),
            source=f"{found.filename} ({found.sha256[:12]})",
            group_paths=self.group_paths,
        )

    def rows(self) -> Iterable[Row]:
        """Yield the rows as they were corrected."""
        rows = self.rows_of_file()
        return laid_over(rows, self.columns, self._corrections) if self._corrections else rows

    def rows_of_file(self) -> Iterable[Row]:
        return data_rows(self._open, self._detected)

    def originals(self, lines: Collection[int]) -> dict[int, Row]:
        """Return the rows of these lines as they stand in the file."""
        last = max(lines, default=0)
        found = {}
        for row in self.rows_of_file() if lines else ():
            if row.line > last:
                break
            if row.line in lines:
                found[row.line] = row
        return found

    def steps(self, after_line: int = 0, size: int | None = None) -> Iterator[list[Converted]]:
        """Yield the rows behind `after_line`. The same file is always cut into the same steps."""
        read = self.reader.read
        size = size or self._size
        step: list[Converted] = []
        characters = 0
        for row in self.rows():
            if row.line <= after_line:
                continue
            step.append(read(row))
            characters += sum(map(len, row.cells))
            if len(step) >= size or characters > LARGEST_STEP:
                yield step
                step, characters = [], 0
        if step:
            yield step
