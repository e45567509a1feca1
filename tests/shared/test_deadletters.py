"""Messages that could not be handled wait for a person, who looks, tries again or drops them."""

from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.consumer import Consumer, Subscriber
from shared.db import Database, new_id
from shared.deadletters import DeadLetter, DeadLetters, dead_letters_of
from shared.events.followup import Unsubscribed
from shared.outbox import Message
from shared.sweeping import sweep
from tests.shared import probe
from tests.shared.road import eventually, noted, on_unsubscribed, raw, running


class Mood:
    """What the handler of this test thinks of events that say "fails"."""

    mended = False

    def __call__(self, session: Session, events: list[Unsubscribed]) -> None:
        if self.mended:
            events = [
                Unsubscribed(customer_id=e.customer_id, way="mended", occurred_at=e.occurred_at)
                for e in events
            ]
        on_unsubscribed(session, events)


class CustomersSettings(Settings):
    service: ClassVar[str] = "customers"


@pytest.fixture
def mood() -> Mood:
    return Mood()


@pytest.fixture(params=["table", "queue"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dialect(way: str) -> str:
    return "sqlite" if way == "table" else "postgresql"


class Post:
    """Brings messages to the service, by the road that the test is about."""

    def __init__(self, database: Database, url: str | None, mood: Mood) -> None:
        self._handlers = {Unsubscribed: mood}
        self._database = database
        self._url = url

    def bring(self, *bodies: bytes) -> None:
        if self._url:
            probe.declare(self._url)
            probe.publish(self._url, *bodies)
            self.settle()
        else:
            messages = [Message(0, UUID(int=0), Unsubscribed.name, body) for body in bodies]
            Subscriber("customers", self._database, self._handlers).process(messages)

    def settle(self) -> None:
        """Let the service take in what was given back."""
        if self._url:
            url = self._url
            with running(Consumer("customers", self._database, url, self._handlers)):
                eventually(lambda: probe.depth(url, "customers") == 0)

    def dead_letters(self, directory: Path) -> DeadLetters:
        settings = CustomersSettings(broker_url=self._url, data_dir=directory)
        return dead_letters_of(settings, self._database, self._handlers)


@pytest.fixture
def post(way: str, customers: Database, mood: Mood, broker_url: str) -> Post:
    return Post(customers, broker_url if way == "queue" else None, mood)


@pytest.fixture
def letters(post: Post, tmp_path: Path) -> DeadLetters:
    post.bring(raw("good"), raw("fails"), b"{no event")
    return post.dead_letters(tmp_path)


def failed(letters: DeadLetters) -> DeadLetter:
    [letter] = [letter for letter in letters.list() if letter.event_id]
    return letter


def test_the_list_says_what_failed_and_why(letters: DeadLetters) -> None:
    reasons = sorted(letter.reason for letter in letters.list())

    assert reasons[0] == "handler failed: RuntimeError: this one always fails"
    assert reasons[1].startswith("unreadable: ")
    assert len(reasons) == 2
    assert all(letter.name == Unsubscribed.name for letter in letters.list())


def test_looking_takes_nothing_away(letters: DeadLetters) -> None:
    letter = failed(letters)

    shown = letters.show(letter.id)

    assert shown == letter
    assert shown.failed_at is not None
    assert b'"fails"' in shown.raw
    assert letters.show(UUID(int=5)) is None
    assert len(letters.list()) == 2


def test_after_the_fault_is_mended_it_is_handled(
    letters: DeadLetters, mood: Mood, post: Post, customers: Database
) -> None:
    mood.mended = True

    assert letters.retry([failed(letters).id]) == 1
    post.settle()

    assert noted(customers) == ["good", "mended"]
    assert [letter.event_id for letter in letters.list()] == [None]


def test_what_fails_again_is_buried_again(
    letters: DeadLetters, post: Post, customers: Database
) -> None:
    assert letters.retry() == 2
    post.settle()

    assert noted(customers) == ["good"]
    assert len(letters.list()) == 2


def test_tried_twice_it_has_its_effect_once(
    letters: DeadLetters, mood: Mood, post: Post, customers: Database
) -> None:
    letter = failed(letters)
    mood.mended = True
    letters.retry([letter.id])
    post.settle()

    post.bring(letter.raw)

    assert noted(customers) == ["good", "mended"]


def test_dropping_throws_away_what_was_named(letters: DeadLetters) -> None:
    assert letters.drop([failed(letters).id]) == 1

    assert [letter.event_id for letter in letters.list()] == [None]
    assert letters.drop() == 1
    assert letters.list() == []


def test_what_is_about_an_erased_person_is_swept_away(
    post: Post, tmp_path: Path, customers: Database
) -> None:
    gone, other = new_id(), new_id()
    post.bring(*(raw("fails", subject=str(who)) for who in (gone, other)), b"{no event")
    letters = post.dead_letters(tmp_path)

    swept = sweep(letters, customers, lambda _session, ids: {gone} & set(ids))

    assert swept == 1
    left = [letter.raw for letter in letters.list()]
    assert len(left) == 2
    assert not any(str(gone).encode() in body for body in left)
