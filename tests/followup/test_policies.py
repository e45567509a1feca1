"""What happens when life gets in the way of a sequence: every fact with every policy that speaks of it.

One table. A case is a story of words, with the state and reason it ends in and what became of the mails of
a sequence of two steps, the second two days after the first: `+` sent, `!` bounced, `-reason` left out,
`?reason` held, `.` due.
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from shared.db import new_id, utcnow
from shared.events.groups import CustomerRemovedFromGroup, GroupChanged, GroupDeleted

STEPS = [
    {"key": "one", "subject": "Eins", "text": "1"},
    {"key": "two", "subject": "Zwei", "text": "2", "delay": {"value": 2, "unit": "days"}},
]


class Story:
    """Anna, a sequence that starts with the groups A and B, and the words of a case."""

    def __init__(self, world, purpose: str = "newsletter", **policies: str) -> None:
        self.world, self.sent_at = world, utcnow()
        world.now = utcnow() + timedelta(minutes=1)
        self.groups = {name: world.group(name) for name in ("A", "B", "elsewhere", "out", "end")}
        self.below = new_id()
        self._move(self.groups["A"], 1)
        self.anna = world.customer(email="anna@example.de")
        self.sequence = world.sequence(
            self.groups["A"], self.groups["B"], steps=STEPS, purpose=purpose,
            policies={"catch_up": "send"} | policies,
            include_subgroups=True, excluding_groups=[str(self.groups["out"])],
            end_group=str(self.groups["end"]), activate=False,
        )  # fmt: skip
        self.active = False

    def tell(self, story: str) -> None:
        words = [re.split(r"\s+", sentence.strip()) for sentence in story.split(",")]
        if not any(word == "activate" for word, *_ in words):
            self.activate()
        for word, *objects in words:
            getattr(self, word)(*objects)

    def state(self) -> str:
        ways = self.world.enrolments(customer_id=self.anna)
        [*_, last] = [way for way in ways if way["reason"] != "merged"] or [None]
        return " ".join(filter(None, (last["state"], last["reason"]))) if last else "none"

    def mails(self) -> str:
        shown = []
        for mail in self.world.mails(customer_id=self.anna):
            match mail["state"]:
                case "sent":
                    shown.append("+")
                case "due" if mail["due_at"]:
                    shown.append(".")
                case state:
                    sign = {"due": "?", "skipped": "-", "bounced": "!"}[state]
                    shown.append(sign + ("" if state == "bounced" else mail["reason"]))
        return " ".join(shown)

    # Words

    def activate(self, existing: str = "ignore") -> None:
        self.world.activate(self.sequence, existing_members=existing)

    def join(self, group: str = "A", start: str = "yes") -> None:
        above = (self.groups["A"],) if group == "below" else ()
        self.world.join(self.anna, self._group(group), above=above, start=start)

    def leave(self, group: str = "A", source: str = "manual") -> None:
        self.world.hear(self.world.left(self.anna, self._group(group), source))

    def late(self, group: str) -> None:
        """She has been in the group since before everything else, and it is heard only now."""
        event = self.world.joined(self.anna, self._group(group))
        first = self.world.joined(self.anna, self._group(group)).occurred_at - timedelta(days=1)
        self.world.hear(type(event)(**{
            field: getattr(event, field) for field in event.__struct_fields__
        } | {"occurred_at": first}))  # fmt: skip

    def send(self) -> None:
        self.world.send()

    def days(self, days: str) -> None:
        self.world.now += timedelta(days=float(days), minutes=1)

    def hours(self, hours: str) -> None:
        """The mailer works all the while."""
        for _ in range(int(hours)):
            self.world.send()
            self.world.now += timedelta(hours=1)

    def unsubscribe(self) -> None:
        link = re.search(rb"unsubscribe/([\w.=\r\n-]+)", self.world.inbox[-1].data)
        token = re.sub(rb"=\r\n", b"", link[1]).decode().rstrip("=")
        answer = self.world.client.post(f"/api/v1/public/unsubscribe/{token}")
        assert answer.status_code == 200, answer.json

    def revoke(self) -> None:
        self.world.revoke(self.anna)

    def confirm(self) -> None:
        self.world.confirm(self.anna)

    def deactivate(self) -> None:
        self.world.deactivate(self.anna)

    def reactivate(self) -> None:
        self.world.reactivate(self.anna)

    def erase(self) -> None:
        self.world.erase(self.anna)

    def block(self) -> None:
        body = {"email": "anna@example.de"}
        assert self.world.client.post("/api/v1/suppressions", json=body).status_code == 201

    def bounce(self) -> None:
        self.world.sink.state.mode = "550"
        self.world.send()
        self.world.sink.state.mode = "ok"

    def mend(self) -> None:
        self.world.hear(self.world.snapshot(self.anna, email="anna.neu@example.de"))

    def twin(self) -> None:
        """Somebody who is in the sequence too turns out to be her."""
        other = self.world.customer()
        self.world.join(other, self.groups["A"])
        self.world.merge(self.anna, other)

    def pause(self) -> None:
        self.world.client.post(f"/api/v1/sequences/{self.sequence}/pause")

    def resume(self) -> None:
        self.activate()

    def archive(self) -> None:
        self.world.client.post(f"/api/v1/sequences/{self.sequence}/archive")

    def away(self, group: str = "below") -> None:
        """The group is moved out of the start group."""
        self._move(self.groups["elsewhere"], 2)

    def under(self, group: str = "below") -> None:
        self._move(self.groups["A"], 3)

    def delete(self, group: str) -> None:
        """Groups tells the members first, and then that the group is gone."""
        id_ = self._group(group)
        left = self.world.left(self.anna, id_, "group_deleted")
        assert isinstance(left, CustomerRemovedFromGroup)
        self.world.hear(left, GroupDeleted(group_id=id_, version=9))

    def stop(self) -> None:
        [*_, last] = self.world.enrolments(customer_id=self.anna)
        self.world.client.post(f"/api/v1/enrolments/{last['id']}/stop")

    def _group(self, name: str) -> UUID:
        return self.below if name == "below" else self.groups[name]

    def _move(self, parent: UUID, version: int) -> None:
        self.world.hear(
            GroupChanged(
                group_id=self.below, version=version, group_name="below", path=f"x/{version}",
                parent_id=parent, ancestor_ids=[parent],
            )
        )  # fmt: skip


STOP, GO_ON, PAUSE = {"on_leave": "stop"}, {"on_leave": "continue"}, {"on_leave": "pause"}
NEVER, ANEW, ALWAYS = ({"reentry": p} for p in ("never", "after_leaving", "always"))
SEND, SPREAD, SKIP = ({"catch_up": p} for p in ("send", "spread", "skip"))
SERVICE = {"purpose": "service"}

CASES = [
    # Leaving the start group
    (STOP, "join, send, leave", "stopped left_group", "+ -left_group"),
    (GO_ON, "join, send, leave, days 2, send", "completed", "+ +"),
    (PAUSE, "join, send, leave", "paused left_group", "+ ?left_group"),
    (PAUSE, "join, send, leave, join, days 2, send", "completed", "+ +"),
    (STOP, "join, leave", "stopped left_group", "-left_group"),
    (GO_ON, "join, send, leave A import_undone", "stopped import_undone", "+ -import_undone"),
    (PAUSE, "join, send, leave A import_undone", "stopped import_undone", "+ -import_undone"),
    # Several start groups
    (STOP, "join A, join B, send, days 2, send", "completed", "+ +"),
    (STOP, "join A, join B, send, leave A", "active", "+ ."),
    (STOP, "join A, join B, send, leave A, leave B", "stopped left_group", "+ -left_group"),
    (PAUSE, "join A, join B, leave B, leave A, join B, send", "active", "+ ."),
    # Heard late: she was in A when she left B
    (STOP, "join B, send, leave B, late A, days 2, send", "completed", "+ +"),
    (PAUSE, "join B, send, leave B, late A, days 2, send", "completed", "+ +"),
    (GO_ON | ANEW, "join B, send, leave B, days 2, send, late A", "completed", "+ +"),
    (ALWAYS, "join B, send, leave B, late A", "active", "+ ."),
    (STOP, "revoke, join B, leave B, late A", "waiting_for_consent opted_out", ""),
    # Nobody comes back who has really left
    (STOP, "join B, send, leave B, join A", "stopped left_group", "+ -left_group"),
    # Re-entry
    (NEVER, "join, send, days 2, send, leave, join, send", "completed", "+ +"),
    (ANEW, "join, send, days 2, send, join B, send", "completed", "+ +"),
    (ANEW, "join, send, days 2, send, leave, join, send", "active", "+ + + ."),
    (ALWAYS, "join, send, days 2, send, join B, send", "active", "+ + + ."),
    (ALWAYS, "join, send, join B, send", "active", "+ ."),
    # Opt-out
    ({}, "join, send, unsubscribe", "stopped unsubscribed", "+ -unsubscribed"),
    ({}, "join, send, revoke", "stopped opted_out", "+ -opted_out"),
    ({}, "join, send, block", "stopped manual", "+ -manual"),
    (SERVICE, "join, send, revoke, days 2, send", "completed", "+ +"),
    (SERVICE, "join, send, block", "stopped manual", "+ -manual"),
    ({}, "revoke, join, send", "waiting_for_consent opted_out", ""),
    ({}, "revoke, join, confirm, send", "active", "+ ."),
    (NEVER, "join, send, revoke, confirm, join B, send", "stopped opted_out", "+ -opted_out"),
    # Inactive
    ({"on_inactive": "pause"}, "join, send, deactivate", "paused inactive", "+ ?inactive"),
    ({"on_inactive": "pause"}, "join, send, deactivate, reactivate", "active", "+ ."),
    ({"on_inactive": "stop"}, "join, send, deactivate", "stopped inactive", "+ -inactive"),
    ({"on_inactive": "stop"}, "deactivate, join, reactivate, send", "stopped inactive", ""),
    ({"on_inactive": "pause"}, "deactivate, join, reactivate, send", "active", "+ ."),
    (SERVICE | {"on_inactive": "pause"}, "deactivate, join, send", "paused inactive", ""),
    # An address that does not exist
    ({}, "join, bounce", "paused bounced", "! ?bounced"),
    ({}, "join, bounce, mend, days 2, send", "completed", "! +"),
    # Merge
    ({}, "join, twin, send, days 2, send", "completed", "+ -merged +"),
    (STOP, "join, twin, send, leave", "active", "+ -merged ."),
    ({}, "join, send, erase", "stopped erased", "+ -erased"),
    # Other groups
    ({}, "join out, join, send", "none", ""),
    ({}, "join, send, join out, days 2, send", "completed", "+ +"),
    ({}, "join, send, join end", "completed", "+ -end_group"),
    # Who was there before, and imports
    ({}, "join, activate, send", "none", ""),
    ({}, "join, activate enrol, send", "active", "+ ."),
    ({}, "join A no, send", "none", ""),
    ({}, "join A no, join B, send", "active", "+ ."),
    ({}, "join A spread, days 1, send", "active", "+ ."),
    # Pause and catching up: one step is three days late
    (SEND, "join, send, pause, days 5, resume, send", "completed", "+ +"),
    (SPREAD, "join, send, pause, days 5, resume, hours 25", "completed", "+ +"),
    (SKIP, "join, send, pause, days 5, resume, send", "completed", "+ -too_late"),
    (SKIP, "join, pause, days 5, resume, send", "completed", "-too_late -too_late"),
    (SKIP, "join, pause, days 1, resume, send", "active", "-too_late ."),
    (SKIP, "join, pause, days 1, resume, send, days 1, send", "completed", "-too_late +"),
    (SEND, "join, pause, days 5, resume, send", "active", "+ ."),
    ({}, "join, pause, send", "active", "?sequence_paused"),
    ({}, "join, archive, send", "stopped sequence_archived", "-sequence_archived"),
    ({}, "join, send, stop", "stopped stopped_by_staff", "+ -stopped_by_staff"),
    # A start group that is deleted
    (STOP, "join, send, delete A", "stopped left_group", "+ -left_group"),
    (PAUSE, "join, send, delete A", "paused left_group", "+ ?left_group"),
    (GO_ON, "join, send, delete A, days 2, send", "completed", "+ +"),
    (STOP, "join A, join B, send, delete A", "active", "+ ."),
    # A group that is moved
    (STOP, "join below, send, away", "active", "+ ."),
    (STOP, "join below, send, away, leave below", "stopped left_group", "+ -left_group"),
    (PAUSE, "join below, send, away, leave below", "paused left_group", "+ ?left_group"),
    (STOP, "join below, join B, send, away, leave B", "active", "+ ."),
    (STOP, "join below, join B, send, away, leave below", "active", "+ ."),
    (STOP, "away, join below, under", "active", "."),
]


@pytest.mark.parametrize(
    ("policies", "story", "state", "mails"),
    CASES,
    ids=[f"{' '.join(policies.values())}: {story}" for policies, story, *_ in CASES],
)
def test_what_happens(world, policies, story, state, mails):
    told = Story(world, **policies)
    told.tell(story)
    assert told.state() == state
    assert told.mails() == mails
