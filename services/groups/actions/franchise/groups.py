"""The head office's groups, in a branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups.actions.actor import Actor
from services.groups.actions.franchise.items import ORIGIN, Done, Refused, WantedGroup, Way, tried
from services.groups.actions.tree import change_group, create_group, delete_group
from services.groups.models import Group, path_keys
from shared.errors import Text

LOCAL_GROUP = Text(
    "The branch has a group '{path}' of its own. With adopt it becomes the head office's, with its members.",
    de="Die Filiale hat schon eine eigene Gruppe '{path}'. Mit adopt wird sie zu der der Zentrale, samt "
    "ihren Mitgliedern.",
)
TAKEN = Text(
    "There is another group at '{path}'. Rename or delete one of the two first.",
    de="Unter '{path}' gibt es schon eine andere Gruppe. Bitte zuerst eine der beiden umbenennen oder "
    "löschen.",
)


class Groups:
    def __init__(self, session: Session, actor: Actor, way: Way) -> None:
        self._session, self._actor, self._way = session, actor, way
        self._theirs = {group.id: group for group in session.scalars(_OF_HEAD_OFFICE)}
        self._waiting: set[UUID] = set()

    def push(self, groups: Sequence[WantedGroup]) -> list[Done]:
        wanted = sorted(_with_those_above(groups), key=lambda one: len(one.levels))
        matched = self._matched(wanted)
        self._waiting = {group.id for group in matched.values()}
        done = []
        for one in wanted:
            group = matched.get(one.hash)
            result, problem = tried(self._session, lambda o=one, g=group: self._put(o, g))  # type: ignore[misc]
            if group is not None:
                self._waiting.discard(group.id)
            if problem is not None:
                done.append(Done("conflict", one.path, one.key, problem=problem))
            elif result is not None and not (one.implied and result.status == "unchanged"):
                done.append(result)
        if self._way.prune:
            done += self._prune({group.id for group in matched.values()})
        return done

    def _matched(self, wanted: Sequence[WantedGroup]) -> dict[str, Group]:
        """Return, by the wanted path, which group of the head office is meant: first by its key."""
        by_key = {g.franchise_key: g for g in self._theirs.values() if g.franchise_key}
        matched = {one.hash: by_key[one.key] for one in wanted if one.key in by_key}
        rest = {g.path_hash: g for g in self._theirs.values() if g not in matched.values()}
        for one in wanted:
            if one.hash not in matched and one.hash in rest:
                matched[one.hash] = rest[one.hash]
        return matched

    def _put(self, one: WantedGroup, group: Group | None) -> Done:
        session, actor = self._session, self._actor
        parent = self._parent(one)
        parent_id = None if parent is None else parent.id
        at_place = self._at(one.hash)
        fields = dict(one.fields)
        if one.key is not None:
            fields["franchise_key"] = one.key
        if group is None and at_place is None:
            made = create_group(
                session, actor, name=one.levels[-1], parent_id=parent_id, origin=ORIGIN, **fields
            )
            return Done("created", made.path, one.key, made.id)
        if group is None:
            assert at_place is not None
            if at_place.from_head_office:
                raise Refused(TAKEN.fill(path=at_place.path))
            if not self._way.adopt:
                raise Refused(LOCAL_GROUP.fill(path=at_place.path))
            group, fields["origin"] = at_place, ORIGIN
        elif at_place is not None and at_place is not group:
            self._make_room(at_place)
        status = "adopted" if "origin" in fields else "updated"
        before = group.version
        fields |= {"name": one.levels[-1], "parent_id": parent_id}
        change_group(session, actor, group.id, before, **fields)
        return Done(
            status if group.version != before else "unchanged", group.path, one.key, group.id
        )

    def _parent(self, one: WantedGroup) -> Group | None:
        if len(one.levels) == 1:
            return None
        parent = self._at(path_keys(one.levels[:-1])[0])
        if parent is None or not parent.from_head_office:
            raise Refused(LOCAL_GROUP.fill(path="/".join(one.levels[:-1])))
        return parent

    def _at(self, path_hash: str) -> Group | None:
        return self._session.scalar(select(Group).where(Group.path_hash == path_hash))

    def _make_room(self, group: Group) -> None:
        """Call a group otherwise that is about to get another place: two may change their names."""
        if group.id not in self._waiting:
            raise Refused(TAKEN.fill(path=group.path))
        name = f"{group.name[:60]} {group.id.hex}"
        change_group(self._session, self._actor, group.id, group.version, name=name)

    def _prune(self, kept: set[UUID]) -> list[Done]:
        gone = [group for group_id, group in self._theirs.items() if group_id not in kept]
        done = []
        for group in sorted(gone, key=lambda g: g.path.count("/"), reverse=True):
            name, key, group_id = group.path, group.franchise_key, group.id
            _, problem = tried(self._session, lambda g=group: self._remove(g))  # type: ignore[misc]
            status = "removed" if problem is None else "kept"
            done.append(Done(status, name, key, group_id, problem))
        return done

    def _remove(self, group: Group) -> None:
        below = self._session.scalar(select(Group.id).where(Group.parent_id == group.id).limit(1))
        # What still lies below is the branch's own, or was kept: neither goes with it.
        cascade = self._way.remove_members and below is None
        delete_group(self._session, self._actor, group.id, group.version, cascade=cascade)


_OF_HEAD_OFFICE = select(Group).where(Group.origin == ORIGIN).order_by(Group.path_sort, Group.id)


def _with_those_above(groups: Iterable[WantedGroup]) -> list[WantedGroup]:
    """Return the groups, and those above them that are not among them."""
    wanted = {one.hash: one for one in groups}
    for one in list(wanted.values()):
        for depth in range(1, len(one.levels)):
            above = WantedGroup(one.levels[:depth], None, {}, implied=True)
            wanted.setdefault(above.hash, above)
    return list(wanted.values())
