"""Whatever is merged and undone, in whatever order it is heard: in the end all is as it was."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.groups.families import Families, Heard, Person, Row

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GROUPS = tuple(UUID(int=number) for number in range(1, 4))
KEYS = ("beruf", "ort", "hund")

has = st.tuples(
    st.sets(st.sampled_from(GROUPS)),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(("x", "y", "z"))),
)


def people_with(given):
    return [
        Person(
            UUID(int=100 + number),
            version=1,
            rows={group: Row(since=NOON, by="Eva", source="manual") for group in groups},
            values=dict(values),
        )
        for number, (groups, values) in enumerate(given)
    ]


def standing(families):
    return {
        person.id: (set(person.rows.items()), person.values)
        for person in families.people.values()
        if person.merge is None
    }


class Story:
    """Merges and undoings among a few people, told as the customers service tells them."""

    def __init__(self, people):
        self.ids = [person.id for person in people]
        self.into: dict[int, int] = {}
        self.told: list[tuple] = []
        self._version = 1

    def merge(self, survivor, loser, chosen=None):
        self._version += 1
        self.into[loser] = survivor
        self.told.append(
            Heard(
                loser_id=self.ids[loser],
                loser_version=self._version,
                survivor_id=self.ids[survivor],
                survivor_version=self._version,
                operation_id=UUID(int=1000 + self._version),
                place=0,
                chosen={chosen: self.ids[loser]} if chosen else {},
            )
        )

    def undo(self, loser):
        self._version += 1
        del self.into[loser]
        self.told.append((self.ids[loser], self._version))

    def undo_all(self):
        while self.into:
            self.undo(next(loser for loser, into in self.into.items() if into not in self.into))

    def hear(self, families, order=None):
        for minute, number in enumerate(order or range(len(self.told))):
            event = self.told[number]
            if isinstance(event, Heard):
                families.merge(event, NOON + timedelta(minutes=minute + 1))
            else:
                families.undo(*event)


@st.composite
def stories(draw):
    """Four people, each merged into one who stands for itself at that time, some of it undone meanwhile."""
    people = people_with(draw(st.lists(has, min_size=4, max_size=4)))
    story = Story(people)
    for _ in range(draw(st.integers(1, 6))):
        alive = [n for n in range(4) if n not in story.into]
        undoable = sorted(loser for loser, into in story.into.items() if into in alive)
        if undoable and (len(alive) < 2 or draw(st.booleans())):
            story.undo(draw(st.sampled_from(undoable)))
        else:
            loser, survivor = draw(st.permutations(alive))[:2]
            story.merge(survivor, loser, draw(st.none() | st.sampled_from(KEYS)))
    return people, story


@settings(max_examples=400, deadline=None)
@given(told=stories(), data=st.data())
def test_all_is_as_it_was_once_everything_is_undone(told, data):
    people, story = told
    story.undo_all()
    families = Families(person.copy() for person in people)

    story.hear(families, data.draw(st.permutations(range(len(story.told)))))

    assert standing(families) == standing(Families(people))
    assert {person.merge for person in families.people.values()} == {None}


@settings(max_examples=400, deadline=None)
@given(told=stories())
def test_nobody_loses_a_group_or_a_value_by_merging(told):
    people, story = told
    families = Families(person.copy() for person in people)

    story.hear(families)

    for number, person in enumerate(people):
        while number in story.into:
            number = story.into[number]  # noqa: PLW2901
        survivor = families.people[people[number].id]
        assert set(person.rows) <= set(survivor.rows)
        assert set(person.values) <= set(survivor.values)


@settings(max_examples=400, deadline=None)
@given(told=stories(), data=st.data())
def test_the_groups_are_the_same_in_whatever_order_it_is_heard(told, data):
    people, story = told
    orderly = Families(person.copy() for person in people)
    otherwise = Families(person.copy() for person in people)

    story.hear(orderly)
    story.hear(otherwise, data.draw(st.permutations(range(len(story.told)))))

    for person in orderly.people.values():
        other = otherwise.people[person.id]
        assert (person.merge is None) == (other.merge is None)
        if person.merge is None:
            assert set(person.rows) == set(other.rows)
            assert set(person.values) == set(other.values)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_chain_is_undone_in_any_order(order):
    people = people_with([({GROUPS[0]}, {"ort": "x"}), ({GROUPS[1]}, {"hund": "y"}), (set(), {})])
    families = Families(person.copy() for person in people)
    story = Story(people)
    story.merge(1, 0)
    story.merge(2, 1)
    story.undo(1)
    story.undo(0)

    story.hear(families, order)

    assert standing(families) == standing(Families(people))


def test_two_are_never_merged_into_each_other():
    people = people_with([({GROUPS[0]}, {}), ({GROUPS[1]}, {})])
    families = Families(person.copy() for person in people)
    story = Story(people)
    story.merge(1, 0)
    story.undo(0)
    story.merge(0, 1)
    first, _, last = range(3)

    story.hear(families, [last, first])

    one, other = (families.people[person.id] for person in people)
    assert one.merge is None
    assert other.merge is not None
    assert set(one.rows) == {GROUPS[0], GROUPS[1]}
