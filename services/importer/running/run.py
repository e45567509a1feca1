"""One import from where it stands to its end.

Three things happen at once: this thread reads and converts the next rows, one writes customers, one writes
the groups and values of the rows before. Each lane keeps the order of the file, so that of two rows for one
person the later one wins.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import partial
from uuid import UUID

from services.importer.models import Import
from services.importer.rows import Converted
from services.importer.running import lease
from services.importer.running.calls import Services
from services.importer.running.source import Source
from services.importer.running.steps import Step
from services.importer.work.waiting import Stopped
from shared.crashpoints import crashpoint
from shared.db import Database

UNDER_WAY = 3
"""Steps between reading and done."""

SIGN_OF_LIFE_S = 10.0


class Run:
    """Writes one claimed import. `stop` ends it early, behind the steps that are under way."""

    def __init__(
        self,
        database: Database,
        found: Import,
        source: Source,
        services: Services,
        owner: UUID,
        stop: threading.Event,
    ) -> None:
        self._database = database
        self._import = found
        self._source = source
        self._services = services
        self._owner = owner
        self._stop = stop
        self._cancelled = False
        # Set when nothing more may be written, whatever is still waiting in the lanes.
        self._halt = threading.Event()

    def to_end(self) -> None:
        """Write what is left. Raises Stopped, LeaseLost, or what a service refused."""
        under_way: deque[Future[Step]] = deque()
        whole = False
        with (
            ThreadPoolExecutor(1, "import-customers") as customers,
            ThreadPoolExecutor(1, "import-groups") as groups,
        ):
            try:
                for rows in self._source.steps(self._import.line_done):
                    if self._cancelled or self._stop.is_set():
                        break
                    step = self._step(rows)
                    written = customers.submit(self._guarded, step.write_customers)
                    under_way.append(groups.submit(self._guarded, partial(_then_groups, written)))
                    if len(under_way) >= UNDER_WAY:
                        self._save(under_way.popleft())
                else:
                    whole = True
                while under_way:
                    self._save(under_way.popleft())
            finally:
                self._halt.set()
        if not whole and not self._cancelled:
            raise Stopped
        with self._database.transaction() as session:
            lease.finish(session, self._import.id, self._owner, cancelled=not whole)

    def _step(self, rows: list[Converted]) -> Step:
        return Step(
            rows,
            import_id=self._import.id,
            options=self._source.options,
            column_of=self._source.reader.column_of,
            services=self._services,
            stop=self._halt,
        )

    def _guarded(self, write: Callable[[], Step]) -> Step:
        """Write unless a step before this one has failed: the file's order is kept also then."""
        if self._halt.is_set():
            raise Stopped
        try:
            return write()
        except BaseException:
            self._halt.set()
            raise

    def _save(self, written: Future[Step]) -> None:
        outcome = self._awaited(written).outcome
        crashpoint("importer.before_progress")
        with self._database.transaction() as session:
            cancelled = lease.save_step(session, self._import.id, self._owner, outcome)
        crashpoint("importer.after_progress")
        self._cancelled = self._cancelled or cancelled

    def _awaited(self, written: Future[Step]) -> Step:
        """Wait for the lanes and meanwhile show that this worker lives."""
        while True:
            try:
                return written.result(SIGN_OF_LIFE_S)
            except NotYet:
                with self._database.transaction() as session:
                    cancelled = lease.renew(session, self._import.id, self._owner)
                self._cancelled = self._cancelled or cancelled
                if self._cancelled or self._stop.is_set():
                    self._halt.set()


def _then_groups(written: Future[Step]) -> Step:
    return written.result().write_groups()
