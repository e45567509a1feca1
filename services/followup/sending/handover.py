"""What handing a mail over can come to, whoever takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
# What tells us that the address itself is dead, and nothing about how we send.
_DEAD = re.compile(r"^5\.(?:1\.\d+|2\.1)$")


class Outcome(NamedTuple):
    """What became of one mail.

    `sent`: the server took it. `retry`: it may take it later. `bounced`: nobody is there
    (`dead`: surely not, write to the address no more). `failed`: it never takes this mail.
    `our_fault`: it does not want us at all, or cannot be reached; it is not the customer's doing.
    `uncertain`: the body went out and no answer came back.
    `recalled`: it was taken from us before the body; nothing went out.
    """

    kind: str
    code: int = 0
    reply: str = ""
    dead: bool = False

    @property
    def reason(self) -> str:
        return f"{self.code} {self.reply}".strip() if self.code else self.reply


class Connection(Protocol):
    """Takes mails one after the other; stays open in between."""

    def send(
        self, mail_id: str, sender: str, to: str, data: bytes, may_go: Callable[[], bool]
    ) -> Outcome:
        """Hand a mail over. `may_go` is asked at the last moment before the server could have it.

        A carrier that is `repeatable` need not ask.
        """

    def close(self) -> None: ...


class Carrier(Protocol):
    """Where mails go. `repeatable`: handing the same mail over twice leaves one."""

    repeatable: bool

    def connect(self) -> Connection: ...


def classify(step: str, code: int, reply: str) -> Outcome:  # noqa: PLR0911 - one table, read from above
    """What an answer means, given the step at which it came."""
    reply = reply[:300]
    if code < 400:
        return Outcome("sent", code, reply)
    match = _ENHANCED.match(reply)
    enhanced = match.group() if match else ""
    if code == 421 or step == "MAIL":
        return Outcome("our_fault", code, reply)
    if code < 500:
        return Outcome("retry", code, reply)
    if enhanced.startswith("5.7.") or code in (530, 534, 535, 538):
        return Outcome("our_fault", code, reply)
    if _DEAD.match(enhanced):
        return Outcome("bounced", code, reply, dead=True)
    if enhanced == "5.2.2":  # the mailbox is full
        return Outcome("retry", code, reply)
    if step == "RCPT" and not enhanced and code in (550, 551, 553):
        return Outcome("bounced", code, reply)
    return Outcome("failed", code, reply)
