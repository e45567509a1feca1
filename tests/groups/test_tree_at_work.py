"""The tree while many change it at once, and where it is very deep."""

from __future__ import annotations

import threading
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.groups import actions, queries
from services.groups.actions import Actor, Change, Telling
from services.groups.errors import GroupBelowItself, GroupExists, GroupNotFound
from services.groups.models import Group, GroupAncestor, Membership
from shared.db import Database, new_id
from shared.errors import Invalid, PreconditionFailed
from tests.groups.caller import Groups

ME = Actor("Test", head_office=True)
TELLING = Telling(by="Test", source="manual")
LEVELS = 120


def recounted(database: Database) -> dict[UUID, tuple[int, int]]:
    """Return each group's own members, and different ones with subgroups, as the memberships say."""
    own, below = Membership, GroupAncestor
    with database.reading() as session:
        members = dict(
            session.execute(select(own.group_id, func.count()).group_by(own.group_id)).all()
        )
        rows = session.execute(
            select(below.ancestor_id, func.count(func.distinct(own.customer_id)))
            .join(own, own.group_id == below.group_id)
            .group_by(below.ancestor_id)
        )
        everybody = {row[0]: row[1] for row in rows}
        ids = session.scalars(select(Group.id)).all()
    return {id_: (members.get(id_, 0), everybody.get(id_, 0)) for id_ in ids}


def told_apart(database: Database) -> None:
    """Check ancestors, paths and counts against what parents and memberships say."""
    with database.reading() as session:
        stored = {group.id: group for group in session.scalars(select(Group))}
        ancestors = queries.ancestors_of(session, stored)
        counts = queries.member_counts(session, list(stored))
    for group in stored.values():
        line, above = [group], group.parent_id
        while above is not None:
            assert above not in [one.id for one in line], "a cycle"
            line.append(stored[above])
            above = stored[above].parent_id
        assert ancestors[group.id] == [one.id for one in line[1:]]
        assert group.path == "/".join(one.name for one in reversed(line))
    assert counts == recounted(database)


def test_sixteen_at_once_close_no_cycle_and_lose_nobody(groups: Groups) -> None:
    """Moving, renaming, joining, leaving, summing up: what is left is one tree with its members."""
    ids = [UUID(groups.group(name)) for name in "abcdefgh"]
    people = [new_id() for _ in range(8)]
    joined: list[set[tuple[UUID, UUID]]] = [set() for _ in range(16)]
    done: list[str] = []

    def change(number: int, random: Random) -> None:
        with groups.database.transaction() as session:
            group, parent = random.sample(ids, 2)
            version = session.scalar(select(Group.version).where(Group.id == group))
            assert version is not None
            place: dict[str, Any] = {"parent_id": random.choice([parent, None])}
            if random.random() < 0.2:
                place = {"name": f"{number}-{random.random()}"}
            actions.change_group(session, ME, group, version, **place)

    def move_people(number: int, random: Random) -> None:
        # Everybody has groups that nobody else touches the membership of: what they did must last.
        person = people[number % 8]
        mine = ids[: len(ids) // 2] if number < 8 else ids[len(ids) // 2 :]
        some = random.sample(mine, 2)
        mode: Any = random.choice(["add", "add", "remove"])
        with groups.database.transaction() as session:
            actions.change_memberships(session, [Change(person, mode, some)], TELLING)
        pairs = {(person, group) for group in some}
        joined[number] = joined[number] | pairs if mode == "add" else joined[number] - pairs

    def work(number: int) -> None:
        random = Random(number)
        for _ in range(6):
            expected = (GroupBelowItself, GroupExists, GroupNotFound, PreconditionFailed, Invalid)
            with suppress(*expected):
                change(number, random)
            move_people(number, random)
        with groups.database.transaction() as session:
            actions.sum_up_counts(session)
        done.append("work")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 16
    with groups.database.reading() as session:
        stored = session.execute(select(Membership.customer_id, Membership.group_id)).all()
    assert {tuple(row) for row in stored} == set().union(*joined)
    told_apart(groups.database)


def test_a_deep_tree_is_moved_renamed_and_deleted(groups: Groups) -> None:
    ids: list[str] = []
    for level in range(LEVELS):
        above = ids[-1] if ids else None
        made = groups.post("/groups", {"name": f"Ebene {level}", "parent_id": above})
        assert made.status_code == 201
        ids.append(made.json["id"])
    middle, person = LEVELS // 2, new_id()
    groups.put(f"/groups/{ids[-1]}/members/{person}")
    groups.put(f"/groups/{ids[0]}/members/{person}")
    leaf = groups.group("Blatt")

    assert groups.patch(f"/groups/{ids[middle]}", {"parent_id": leaf}, 1).status_code == 200
    assert groups.patch(f"/groups/{ids[0]}", {"name": "Oben"}, 1).status_code == 200
    below_itself = groups.patch(f"/groups/{ids[middle]}", {"parent_id": ids[-1]}, 2)

    assert below_itself.status_code == 409
    assert groups.counts("Blatt") == (0, 1)
    assert groups.counts("Oben") == (1, 1)
    told_apart(groups.database)
    deleted = groups.delete(f"/groups/{leaf}", 1, cascade="true")
    assert deleted.status_code == 204
    assert groups.get("/groups").json["total"] == middle
    told_apart(groups.database)
