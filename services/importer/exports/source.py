"""Where an export comes from: whom it is about, in order, and what is known of them, a page at a time."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import repeat
from typing import Any, NamedTuple, Self
from uuid import UUID

import httpx
import orjson

from services.importer.config import Settings
from services.importer.exports.errors import ReadingRefused
from services.importer.exports.models import Export
from services.importer.mapping import ATTRIBUTE, Attribute
from services.importer.running.calls import SLOW, Services
from services.importer.work.waiting import Stopped, patiently
from shared.client import ServiceClient
from shared.errors import Unavailable

ROWS_AT_ONCE = 2_000
BYTES = 16
HEXES = 32
AHEAD = 2
"""Pages asked for while one is written: with one the services wait for the writer, and it for them."""
ELSEWHERE = frozenset({"id", "groups", "known_at"})
EVERYBODY = {"any": [{"active": True}, {"active": False}]}


class Page(NamedTuple):
    """Some customers, by columns: each cell the text that the service gave, empty where there is nothing."""

    rows: int
    columns: Mapping[str, Sequence[str]]

    def cells(self, target: str) -> Sequence[str]:
        return self.columns[target]


class Source:
    """What the other services tell for one export. To be closed."""

    def __init__(
        self, settings: Settings, transport: httpx.BaseTransport | None, *, name: str, language: str
    ) -> None:
        def client(service: str, scope: str) -> ServiceClient:
            return ServiceClient(
                settings,
                service,
                scopes=(scope,),
                name=name,
                language=language,
                transport=transport,
                timeout=SLOW,
            )

        self._services = Services(settings, transport, name=name, language=language)
        self._customers = client("customers", "customers:read")
        self._groups = client("groups", "groups:read")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._services.close()
        self._customers.close()
        self._groups.close()

    def attributes(self) -> list[Attribute]:
        return self._services.attributes()

    def refusal_of(
        self, filter_: dict[str, Any] | None, selection_id: UUID | None
    ) -> dict[str, Any] | None:
        """Return what is wrong with a filter or a selection, by place; None if nothing is."""
        if selection_id is not None:
            answer = self._groups.get(f"/api/v1/selections/{selection_id}")
            if answer.status_code == 404:
                return {"selection_id": [answer.json()["detail"]]}
        elif filter_ is not None:
            asked = {"filter": filter_, "limit": 1}
            answer = self._groups.post("/api/v1/selections/query", json=asked)
            if answer.status_code == 422:
                return dict(answer.json()["errors"])
        else:
            return None
        if not answer.is_success:
            raise ReadingRefused(
                service="groups", status=answer.status_code, detail=answer.text[:500]
            )
        return None

    def whom(self, export: Export) -> bytes:
        """Return the ids of whom it is about, in order: 16 bytes each."""
        if not export.selects:
            asked: dict[str, Any] = {"active": export.active, "sort": export.sort}
            return self._asked(self._customers, "customers", "/api/v1/customers/whom", asked)
        asked = {"sort": export.sort}
        if export.selection_id is not None:
            asked["selection_id"] = str(export.selection_id)
        else:
            asked["filter"] = export.filter or _everybody(export.active)
        return self._asked(self._groups, "groups", "/api/v1/selections/whom", asked)

    def customers_of(self, ids: list[str], fields: Sequence[str]) -> list[list[str]]:
        """Return id and fields of each."""
        asked = {"ids": ids, "fields": fields}
        return _rows(self._asked(self._customers, "customers", "/api/v1/customers/read", asked))

    def known_of(self, ids: list[str], attributes: Sequence[str]) -> list[list[str]]:
        """Return id, groups, when they changed, and values of each."""
        asked = {"ids": ids, "attributes": attributes}
        return _rows(self._asked(self._groups, "groups", "/api/v1/memberships/read", asked))

    def _asked(self, client: ServiceClient, service: str, path: str, asked: Any) -> bytes:
        response = client.post(
            path, content=orjson.dumps(asked), headers={"Content-Type": "application/json"}
        )
        if response.status_code in (429, 507):
            raise Unavailable(what=f"{service}: {response.status_code}")
        if not response.is_success:
            raise ReadingRefused(
                service=service, status=response.status_code, detail=response.text[:500]
            )
        return response.content


def _rows(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


def _everybody(active: str) -> dict[str, Any]:
    return EVERYBODY if active == "all" else {"active": active == "true"}


class Pages:
    """The customers of an export, page by page. Both services are asked at once, and ahead."""

    def __init__(
        self,
        source: Source,
        ids: bytes,
        targets: Sequence[str],
        stop: threading.Event,
    ) -> None:
        """`ids` are as `Source.whom` gives them, `targets` what a page has to tell of each.

        `stop` is also set here, if the pages are not all taken.
        """
        wanted = dict.fromkeys(targets)
        self._attributes = [name for name in wanted if name.startswith(ATTRIBUTE)]
        self._fields = [name for name in wanted if name not in ELSEWHERE | {*self._attributes}]
        self._knows = bool(self._attributes) or not ELSEWHERE.isdisjoint(wanted.keys() - {"id"})
        self._source = source
        self._ids = ids
        self._stop = stop

    def __iter__(self) -> Iterator[Page]:
        step = ROWS_AT_ONCE * BYTES
        whole = False
        with ThreadPoolExecutor(2 * (AHEAD + 1), "export-pages") as pool:
            ahead: list[tuple[list[str], Future[Any], Future[Any] | None]] = []
            try:
                for at in range(0, len(self._ids), step):
                    ahead.append(self._ask(pool, self._ids[at : at + step].hex()))
                    if len(ahead) > AHEAD:
                        yield self._page(*ahead.pop(0))
                while ahead:
                    yield self._page(*ahead.pop(0))
                whole = True
            finally:
                if not whole:
                    self._stop.set()  # or who waits for a service would wait on

    def _ask(self, pool: ThreadPoolExecutor, part: str) -> Any:
        ids = [part[at : at + HEXES] for at in range(0, len(part), HEXES)]
        ids = [f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i in ids]
        customers = pool.submit(
            patiently, lambda: self._source.customers_of(ids, self._fields), self._stop
        )
        known = None
        if self._knows:
            keys = [name.removeprefix(ATTRIBUTE) for name in self._attributes]
            known = pool.submit(patiently, lambda: self._source.known_of(ids, keys), self._stop)
        return ids, customers, known

    def _page(self, ids: list[str], customers: Future[Any], known: Future[Any] | None) -> Page:
        people = {row[0]: row for row in customers.result()}
        rows = [people[id_] for id_ in ids if id_ in people]
        names = ["id", *self._fields]
        columns = dict(zip(names, zip(*rows, strict=True) if rows else repeat(()), strict=False))
        if known is not None:
            about = {row[0]: row for row in known.result()}
            nothing = ["", "", "0", *("" for _ in self._attributes)]
            found = [about.get(id_, nothing) for id_ in columns["id"]]
            names = ["", "groups", "known_at", *self._attributes]
            columns |= zip(names, zip(*found, strict=True) if found else repeat(()), strict=False)
        if self._stop.is_set():
            raise Stopped
        return Page(len(rows), columns)
