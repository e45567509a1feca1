"""A selection among a million customers, beside the best SQL that a person would write for the question."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg

from bench import imports
from bench.crowd import plain_url
from bench.figures import Figure
from bench.reading import served, token_for
from services.groups.actions import OPERATIONS
from shared.db import Database
from shared.operations.loop import work_on_operations

GROUPS = 1_000
MEMBERSHIPS_EACH = 5
ROUNDS = 5
PAGE = 50

# UUIDs that grow, as those of version 7 do.
_ID = (
    "(lpad(to_hex({kind}), 8, '0') || '-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
)

GROUP_ROWS = f"""
INSERT INTO groups (id, parent_id, name, path, path_hash, path_sort, description, topic, default_for, origin,
    version, created_at, updated_at)
SELECT {_ID.format(kind=2, number="i")}, CASE WHEN i >= 4 THEN {_ID.format(kind=2, number="i / 4 - 1")} END,
    'Gruppe ' || i, 'Gruppe ' || i, i, i, '', false, '[]', 'local', 1, now(), now()
FROM generate_series(0, %(groups)s - 1) AS i
"""
ANCESTOR_ROWS = """
INSERT INTO group_ancestors (group_id, ancestor_id, depth)
WITH RECURSIVE above AS (
    SELECT id AS group_id, id AS ancestor_id, 0 AS depth FROM groups
    UNION ALL
    SELECT above.group_id, groups.parent_id, above.depth + 1
    FROM above JOIN groups ON groups.id = above.ancestor_id WHERE groups.parent_id IS NOT NULL
)
SELECT group_id, ancestor_id, depth FROM above
"""
CONTACT_ROWS = f"""
INSERT INTO contacts (customer_id, version, active, active_version, mentioned_at, number, registered_at,
    first_name, last_name, email, city, sources, opt_in, folded, name_sort)
SELECT {_ID.format(kind=1, number="i")}, 1, i %% 20 <> 0, 1, now(), i + 1, now(), first, last,
    lower(first) || '.' || i || '@example.com', 'Berlin', '["import"]',
    CASE WHEN i %% 2 = 0 THEN 'confirmed' ELSE 'none' END,
    jsonb_build_object('first_name', lower(first), 'last_name', lower(last), 'city', 'berlin'),
    lower(last) || ' ' || lower(first)
FROM generate_series(0, %(people)s - 1) AS i,
LATERAL (SELECT (ARRAY['Anna','Bernd','Clara','Dieter','Emma','Frank','Gisela'])[1 + i %% 7] AS first,
    'Name' || (hashint4(i) & 65535) AS last) AS names
"""
VALUE_ROWS = f"""
INSERT INTO attribute_values (customer_id, document, folded, version, updated_at)
SELECT {_ID.format(kind=1, number="i")}, jsonb_build_object('ziel', ziel, 'budget', '100.00'),
    jsonb_build_object('ziel', lower(ziel), 'budget', '100.00'), 1, now()
FROM generate_series(0, %(people)s - 1) AS i,
LATERAL (SELECT (ARRAY['Griechenland','Italien','Spanien'])[1 + i %% 3] AS ziel) AS goals
"""
MEMBERSHIP_ROWS = f"""
INSERT INTO memberships (customer_id, group_id, since, by, source)
SELECT DISTINCT {_ID.format(kind=1, number="i")},
    {_ID.format(kind=2, number="(hashint8(i * 8 + k) & 2147483647) %% %(groups)s")}, now(), 'bench', 'import'
FROM generate_series(0, %(people)s - 1) AS i, generate_series(1, %(each)s) AS k
ORDER BY 1
"""
QUESTION = """
FROM contacts c JOIN attribute_values v ON v.customer_id = c.customer_id
WHERE c.active AND c.merged_into IS NULL AND c.erased_at IS NULL AND c.version > 0
AND c.opt_in = 'confirmed' AND v.document ->> 'ziel' = 'Griechenland'
AND EXISTS (SELECT FROM memberships m WHERE m.customer_id = c.customer_id AND m.group_id = ANY(%(wanted)s))
AND NOT EXISTS (SELECT FROM memberships m WHERE m.customer_id = c.customer_id AND m.group_id = %(other)s)
"""
ATTRIBUTE = {
    "label": {"de": "Ziel"}, "key": "ziel", "type": "choice",
    "choices": ["Griechenland", "Italien", "Spanien"],
}  # fmt: skip
BELOW = "SELECT array_agg(group_id) FROM group_ancestors WHERE ancestor_id = %s"


class Question(NamedTuple):
    """Everybody below a group, not in another one, with a value and a permission."""

    what: str
    group_id: UUID
    other_id: UUID

    def filter(self) -> dict[str, Any]:
        return {
            "all": [
                {"group": str(self.group_id), "include_subgroups": True},
                {"not": {"group": str(self.other_id)}},
                {"attribute": "ziel", "op": "eq", "value": "Griechenland"},
                {"opt_in": "confirmed"},
            ]
        }


def measure(postgres: Any, *, quick: bool) -> list[Figure]:
    """Fill a database and ask it, the product and by hand in turn, each alone at work."""
    name = f"bench_selecting_{uuid4().hex[:8]}"
    database = Database(postgres.create_database(name))
    try:
        database.migrate("groups")
        fill(database, 50_000 if quick else 1_000_000)
        with served("services.groups.app", database.url) as port:
            rounds = 1 if quick else ROUNDS
            found = [_beside(database, port, question, rounds) for question in QUESTIONS]
            return [*found, _joining(postgres, database, port, 10_000 if quick else 100_000)]
    finally:
        database.dispose()
        postgres.drop_database(name)


def fill(database: Database, people: int) -> None:
    """Write customers with two values and five memberships each, and 1,000 groups in five levels."""
    sizes = {"people": people, "groups": GROUPS, "each": MEMBERSHIPS_EACH}
    with psycopg.connect(plain_url(database), autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        for rows in (GROUP_ROWS, ANCESTOR_ROWS, CONTACT_ROWS, VALUE_ROWS, MEMBERSHIP_ROWS):
            connection.execute(rows.encode(), sizes)
        connection.execute("VACUUM ANALYZE")


def _group(number: int) -> UUID:
    return UUID(f"00000002-0000-7000-8000-{number:012x}")


QUESTIONS = (
    Question("one customer in eight", _group(0), _group(3)),
    Question("one customer in 66", _group(30), _group(3)),
)


def _caller(port: int) -> httpx.Client:
    token = token_for("groups:read", "groups:write")
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=120)


def _joining(postgres: Any, database: Database, port: int, people: int) -> Figure:
    """Put a selection of so many into a group, to the last membership and its event in the outbox."""
    limit = imports.limit(postgres, people)
    everybody = {"any": [{"active": True}, {"active": False}]}
    some = {"all": [{"field": "number", "op": "lte", "value": people}, everybody]}
    with _caller(port) as api:
        group = api.post("/groups", json={"name": "Aktion"}).json()
        begun = time.perf_counter()
        asked = {"selection": {"filter": some}}
        members = f"/groups/{group['id']}/members"
        operation = api.post(members, json=asked).raise_for_status().json()
        while work_on_operations(database, OPERATIONS):
            pass
        seconds = time.perf_counter() - begun
        ended = api.get(f"/groups/operations/{operation['operation_id']}").json()
    assert (ended["state"], ended["done"]) == ("finished", people), ended
    work = f"Adding a selection of {people:,} to a group"
    return Figure(work, people / seconds, "rows/s", limit, "COPY and merge of customers")


def _beside(database: Database, port: int, question: Question, rounds: int) -> Figure:
    with (
        _caller(port) as api,
        psycopg.connect(plain_url(database), autocommit=True) as connection,
    ):
        api.post("/attributes", json=ATTRIBUTE)
        totals = set()

        def product() -> None:
            asked = {"filter": question.filter(), "limit": PAGE, "sort": "name"}
            answer = api.post("/selections/query", json=asked).raise_for_status().json()
            totals.add((answer["total"], tuple(one["id"] for one in answer["items"])))

        def by_hand() -> None:
            totals.add(_by_hand(connection, question))

        times = [(_seconds(product), _seconds(by_hand)) for _ in range(rounds + 1)][1:]
        assert len(totals) == 1, "the two did not find the same"
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return Figure(
        f"Selection of {question.what}: count and first page", 1 / ours, "a second", 1 / theirs,
        "SQL by hand", 1 / 1.3, note=f"{next(iter(totals))[0]:,} customers, {1000 * ours:.0f} ms",
    )  # fmt: skip


def _by_hand(connection: Any, question: Question) -> tuple[int, tuple[str, ...]]:
    wanted = connection.execute(BELOW, [question.group_id]).fetchone()[0]
    asked = {"wanted": wanted, "other": question.other_id}
    total = connection.execute(f"SELECT count(*) {QUESTION}", asked).fetchone()[0]
    page = connection.execute(
        f"SELECT c.* {QUESTION} ORDER BY c.name_sort, c.customer_id LIMIT {PAGE}", asked
    ).fetchall()
    return total, tuple(str(row[0]) for row in page)


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
