"""kill -9 of a mailer at each of its steps, with mail servers of every kind.

Reports sent, double, lost and uncertain. Handing a mail over and writing down that it was taken cannot be one
step: of one mail a lane nobody knows then. No mail is ever sent twice, and none disappears.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from services.followup.mailer import Mailer
from shared.db import utcnow
from shared.testing import SECRET

ROOT = Path(__file__).parents[2]
# Until here no body had begun without its answer having been written down.
NOTHING_UNKNOWN = (
    "mailer.before_commit:1",
    "mailer.after_claim:1",
    "mailer.after_begin:1",
    "mailer.after_claim:2",
    "mailer.after_result:2",
)
# Here one mail was handed over, or about to be, and its answer was not written down.
ONE_UNKNOWN = (
    "mailer.after_begin:3",
    "mailer.after_mark:3",
    "mailer.after_handover:3",
    "mailer.before_commit:2",
)
TAKE_BODIES = ("ok", "slow", "drop_at_quit", "drop_after_dot", "reset", "554_body")
REFUSE_BEFORE = ("421", "greylist", "452", "550", "535", "drop_at_mail")
KILLS = [
    *((mode, point) for mode in TAKE_BODIES for point in ("after_begin", "after_mark", "after_handover")),
    *((mode, "after_handover") for mode in REFUSE_BEFORE),
]  # fmt: skip
MAILS = 60
LANES = 2


@pytest.fixture
def due(world):
    """Sixty mails that are due now."""
    group = world.group()
    world.sequence(group, steps=[{"subject": "Hallo", "text": "x"}])
    world.newcomers(group, MAILS)


def run_until_killed(world, crash_at: str, lanes: int = 1) -> None:
    environment = os.environ | {
        "DATABASE_URL": world.database.url,
        "SMTP_URL": world.sink.url,
        "SECRET_KEY": SECRET,
        "MAIL_FROM": "salon@example.com",
        "MAIL_CONNECTIONS": str(lanes),
        "CRASH_AT": crash_at,
    }
    environment.pop("BROKER_URL", None)
    ended = subprocess.run(
        [sys.executable, "-m", "services.followup.mailer"],
        cwd=ROOT, env=environment, timeout=120, check=False, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == -9, ended.stderr.decode()


def recover(world) -> None:
    """Another mailer, after the dead one's lease is over; later again for what was put off.

    PostgreSQL takes a moment to notice that a client was killed: until then its rows stay locked.
    """
    end = time.monotonic() + 60
    minutes = 20
    while True:
        later = utcnow() + timedelta(minutes=minutes)
        world.beat(later)
        mailer = Mailer(world.settings, world.database, clock=lambda: later)  # noqa: B023
        while mailer.step():
            pass
        if not ledger(world)["open"] or time.monotonic() > end:
            return
        minutes += 10
        time.sleep(0.5)


def ledger(world) -> dict[str, int]:
    states = Counter(m["state"] for m in world.mails(limit=500))
    copies = Counter(mail.message_id for mail in world.inbox)
    sent = {m["message_id"] for m in world.mails(limit=500, state="sent")}
    return {
        "sent": states["sent"],
        "double": sum(count - 1 for count in copies.values()),
        "lost": len(sent - set(copies)),
        "uncertain": states["uncertain"],
        "refused": states["bounced"] + states["failed"],
        "open": states["due"] + states["sending"],
    }


@pytest.mark.parametrize(
    ("crash_at", "unknown"),
    [*((point, 0) for point in NOTHING_UNKNOWN), *((point, 1) for point in ONE_UNKNOWN)],
)
def test_only_a_mail_whose_body_had_begun_is_uncertain(world, due, crash_at, unknown):
    run_until_killed(world, crash_at)
    recover(world)
    found = ledger(world)
    print(f"{crash_at}: {found}")
    assert found["double"] == found["lost"] == found["open"] == 0
    assert found["uncertain"] == unknown
    assert found["sent"] == MAILS - unknown
    handed_over = len(world.inbox)
    assert handed_over == (MAILS - 1 if crash_at == "mailer.after_mark:3" else MAILS)


@pytest.mark.parametrize(
    ("mode", "point"),
    [
        *(("slow", "after_handover"), ("greylist", "after_handover"), ("554_body", "after_mark")),
        *(pytest.param(*kill, marks=pytest.mark.long) for kill in KILLS),
    ],
)
def test_whatever_the_server_does_no_mail_is_lost_or_double(world, due, mode, point):
    world.sink.state.mode, world.sink.state.delay_s = mode, 0.02
    # Where one refusal keeps the mailer from trying the next, the first has to do.
    passes = 1 if mode in ("421", "535", "drop_at_mail") else 4
    run_until_killed(world, f"mailer.{point}:{passes}", LANES)
    dropped = passes if mode in ("drop_after_dot", "reset") else 0
    world.sink.state.mode = "ok"
    recover(world)
    found = ledger(world)
    print(f"{mode}, {point}: {found}")
    assert found["double"] == found["lost"] == found["open"] == 0
    assert found["sent"] + found["uncertain"] + found["refused"] == MAILS
    assert found["uncertain"] <= LANES + dropped


def test_a_killed_mailer_writing_into_the_local_mailbox_leaves_no_doubt(world, due, tmp_path):
    """A second copy replaces the first there: all is sent, once."""
    settings = world.settings.model_copy(update={"smtp_url": None, "data_dir": tmp_path / "data"})
    environment = os.environ | {
        "DATABASE_URL": world.database.url,
        "SECRET_KEY": SECRET,
        "MAIL_FROM": "salon@example.com",
        "DATA_DIR": str(tmp_path / "data"),
        "CRASH_AT": "mailer.after_handover:7",
    }
    environment.pop("SMTP_URL", None)
    ended = subprocess.run(
        [sys.executable, "-m", "services.followup.mailer"],
        cwd=ROOT, env=environment, timeout=120, check=False, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == -9
    later = utcnow() + timedelta(minutes=20)
    world.beat(later)
    mailer = Mailer(settings, world.database, clock=lambda: later)
    while mailer.step():
        pass
    assert {m["state"] for m in world.mails(limit=500)} == {"sent"}
    assert len(list((tmp_path / "data/mail/new").iterdir())) == MAILS
