"""What handing a mail over can come to, whoever takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
# What tells us that the address itself is dead, and nothing about how we send.
_DEAD = re.compile(r"^5\.(?:1\.\d+|2\.1)$")
# The server's own trouble: its system, or its network.
_ITS_OWN = re.compile(r"^[45]\.[34]\.")
# It wants us to sign in, or does not know our password.
_SIGN_IN = (454, 530, 534, 535, 538)
# An address in a server's answer: whose it is shall stand in that person's mail only.
_ANY_ADDRESS = re.compile(r"<?[^\s<>@\"']+@[^\s<>@\"']+>?")


class Outcome(NamedTuple):
    """What became of one mail.

    `sent`: the server took it. `retry`: it may take it later. `bounced`: nobody is there
    (`dead`: surely not, write to the address no more). `failed`: it never takes this mail.
    `away`: the server cannot be reached or lets nobody in; that says nothing about the mail.
    `sender_refused`: it takes nothing from this sender. `refused`: a policy is against the mail; whether
    the recipient's, their domain's or one against us is told only by what repeats.
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

    @property
    def impersonal(self) -> str:
        """The reason without anybody's address, to stand where others see it."""
        return _ANY_ADDRESS.sub("…", self.reason)


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


def classify(step: str, code: int, reply: str) -> Outcome:
    """What an answer means, given the step at which it came."""
    reply = reply[:300]
    if code < 400:
        return Outcome("sent", code, reply)
    match = _ENHANCED.match(reply)
    enhanced = match.group() if match else ""
    if code == 421 or code in _SIGN_IN:
        return Outcome("away", code, reply)
    if step == "MAIL":
        its_own = _ITS_OWN.match(enhanced) or (not enhanced and code in (451, 452))
        return Outcome("away" if its_own else "sender_refused", code, reply)
    return Outcome(_against(step, code, enhanced), code, reply, bool(_DEAD.match(enhanced)))


def _against(step: str, code: int, enhanced: str) -> str:
    """What a refusal of the recipient or the body means."""
    if code < 500 or enhanced == "5.2.2":  # the mailbox is full
        return "retry"
    if enhanced.startswith("5.7."):
        return "refused"
    nobody = step == "RCPT" and not enhanced and code in (550, 551, 553)
    return "bounced" if nobody or _DEAD.match(enhanced) else "failed"
