"""Whatever is done to the tree, paths, ancestors and counts are what a simple model says."""

import itertools
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy import select

from services.groups import actions, queries
from services.groups.actions import Actor, Change, Telling
from services.groups.errors import GroupBelowItself, GroupExists
from services.groups.models import Group
from shared.db import Database, new_id
from shared.errors import PreconditionFailed
from shared.values import sort_key

NAMES = st.sampled_from(["a", "A", "ä", "ae", "b", "B b", "c"])
ME = Actor("Test", head_office=True)
TELLING = Telling(by="Test", source="manual")
NUMBERS = itertools.count()


class Tree(RuleBasedStateMachine):
    """The model: each group's name and parent, each customer's groups."""

    groups = Bundle("groups")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / f"{next(NUMBERS)}.sqlite3"
        path.write_bytes(TEMPLATE.read_bytes())
        self.database = Database(f"sqlite:///{path}")
        self.names: dict[UUID, str] = {}
        self.parents: dict[UUID, UUID | None] = {}
        self.members: dict[UUID, set[UUID]] = {}
        self.people = [new_id() for _ in range(4)]

    def teardown(self) -> None:
        self.database.dispose()
        self.directory.cleanup()

    def above(self, group: UUID | None) -> list[UUID]:
        found = []
        while group is not None:
            found.append(group)
            group = self.parents[group]
        return found

    def below(self, group: UUID) -> set[UUID]:
        return {other for other in self.names if group in self.above(other)}

    def taken(self, name: str, parent: UUID | None, but: UUID | None = None) -> bool:
        return any(
            sort_key(self.names[g]) == sort_key(name) and self.parents[g] == parent and g != but
            for g in self.names
        )

    @rule(target=groups, name=NAMES)
    def create(self, name: str) -> UUID | None:
        return self._create(name, None)

    @rule(target=groups, name=NAMES, parent=groups)
    def create_below(self, name: str, parent: UUID | None) -> UUID | None:
        return self._create(name, parent if parent in self.names else None)

    def _create(self, name: str, parent: UUID | None) -> UUID | None:
        if self.taken(name, parent):
            with pytest.raises(GroupExists), self.database.transaction() as session:
                actions.create_group(session, ME, name=name, parent_id=parent)
            return None
        with self.database.transaction() as session:
            made = actions.create_group(session, ME, name=name, parent_id=parent).id
        self.names[made], self.parents[made], self.members[made] = name, parent, set()
        return made

    @rule(group=groups, parent=groups, name=NAMES, to_root=st.booleans(), rename=st.booleans())
    def change(
        self, group: UUID | None, parent: UUID | None, name: str, to_root: bool, rename: bool
    ) -> None:
        if group not in self.names:
            return
        target = None if to_root or parent not in self.names else parent
        called = name if rename else self.names[group]
        with self.database.reading() as session:
            version = queries.group(session, group).version
        expected: type[Exception] | None = None
        if target is not None and group in self.above(target):
            expected = GroupBelowItself
        elif self.taken(called, target, but=group):
            expected = GroupExists
        if expected is not None:
            with pytest.raises(expected), self.database.transaction() as session:
                actions.change_group(session, ME, group, version, name=called, parent_id=target)
            return
        with self.database.transaction() as session:
            actions.change_group(session, ME, group, version, name=called, parent_id=target)
        self.names[group], self.parents[group] = called, target

    @rule(group=consumes(groups))
    def delete(self, group: UUID | None) -> None:
        if group not in self.names:
            return
        with self.database.transaction() as session:
            version = queries.group(session, group).version
            actions.delete_group(session, ME, group, version, cascade=True)
        for gone in self.below(group):
            del self.names[gone], self.members[gone]
        self.parents = {g: p for g, p in self.parents.items() if g in self.names}

    @rule(
        group=groups,
        people=st.sets(st.integers(0, 3)),
        mode=st.sampled_from(["add", "remove", "replace"]),
    )
    def move_people(self, group: UUID | None, people: set[int], mode: str) -> None:
        if group not in self.names:
            return
        chosen = [self.people[number] for number in people]
        with self.database.transaction() as session:
            actions.change_memberships(session, [Change(c, mode, [group]) for c in chosen], TELLING)
        for customer in chosen:
            if mode == "replace":
                for members in self.members.values():
                    members.discard(customer)
            if mode == "remove":
                self.members[group].discard(customer)
            else:
                self.members[group].add(customer)

    @rule()
    def sum_up(self) -> None:
        with self.database.transaction() as session:
            actions.sum_up_counts(session)

    @invariant()
    def the_tree_is_the_model(self) -> None:
        with self.database.reading() as session:
            stored = {g.id: g for g in session.scalars(select(Group))}
            ancestors = queries.ancestors_of(session, stored)
            counts = queries.member_counts(session, list(stored))
        assert set(stored) == set(self.names)
        for group, row in stored.items():
            line = self.above(group)
            assert row.path == "/".join(self.names[g] for g in reversed(line))
            assert ancestors[group] == line[1:]
            everyone = set().union(*(self.members[g] for g in self.below(group)))
            assert counts[group] == (len(self.members[group]), len(everyone))


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory):
    global TEMPLATE
    TEMPLATE = tmp_path_factory.mktemp("tree") / "template.sqlite3"
    database = Database(f"sqlite:///{TEMPLATE}")
    database.migrate("groups")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    database.dispose()


TEMPLATE = Path()

TestTree = Tree.TestCase
TestTree.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_moves_at_the_same_time_never_close_a_cycle(groups):
    ids = [UUID(groups.group(name)) for name in "abcd"]
    for group in ids:
        groups.add(groups.get(f"/groups/{group}").json["path"], new_id())
    refused = []
    expected = (GroupBelowItself, PreconditionFailed)

    def move_about(seed):
        random = Random(seed)
        for _ in range(8):
            group, parent = random.sample(ids, 2)
            with suppress(*expected), groups.database.transaction() as session:
                version = session.get(Group, group).version
                session.expire_all()
                try:
                    actions.change_group(session, ME, group, version, parent_id=parent)
                except GroupBelowItself:
                    refused.append(group)
                    raise

    threads = [threading.Thread(target=move_about, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with groups.database.reading() as session:
        stored = {g.id: g for g in session.scalars(select(Group))}
        ancestors = queries.ancestors_of(session, stored)
    assert refused
    for group in ids:
        line, above = [], stored[group].parent_id
        while above is not None:
            assert above not in line
            line.append(above)
            above = stored[above].parent_id
        assert ancestors[group] == line
    for path in groups.paths():
        below = sum(other == path or other.startswith(f"{path}/") for other in groups.paths())
        assert groups.counts(path) == (1, below)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_counts_are_right_when_people_join_a_group_that_is_moved(groups, client_for):
    for path in ("A", "B", "A/X", "A/X/Y"):
        groups.group(path)
    moved, leaf = groups.named("A/X")["id"], groups.named("A/X/Y")["id"]
    people = [str(new_id()) for _ in range(12)]

    def join(part):
        client = client_for("groups")
        for person in part:
            assert client.put(f"/api/v1/groups/{leaf}/members/{person}").status_code == 204

    def move():
        for number in range(1, 5):
            parent = groups.named("B" if number % 2 else "A")["id"]
            assert (
                groups.patch(f"/groups/{moved}", {"parent_id": parent}, number).status_code == 200
            )

    threads = [threading.Thread(target=join, args=(people[i::3],)) for i in range(3)]
    threads.append(threading.Thread(target=move))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert groups.counts("A/X/Y") == (12, 12)
    assert groups.counts("A") == (0, 12)
    assert groups.counts("B") == (0, 0)
