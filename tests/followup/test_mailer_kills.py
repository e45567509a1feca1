"""kill -9 of a mailer at each of its steps, with mail servers of every kind.

Reports sent, double, lost and uncertain. Handing a mail over and writing it down cannot be one step, so what
was in hand is uncertain; it is never sent twice, and nothing disappears.
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

from services.followup.lane import PORTION
from services.followup.mailer import Mailer
from shared.db import utcnow
from shared.testing import SECRET

ROOT = Path(__file__).parents[2]
POINTS = (
    "mailer.before_commit",
    "mailer.after_claim",
    "mailer.after_begin",
    "mailer.after_handover",
    "mailer.after_result",
)
MAILS = 60
CONNECTIONS = 2


@pytest.fixture
def due(world):
    """Sixty mails that are due now."""
    group = world.group()
    world.sequence(group, steps=[{"subject": "Hallo", "text": "x"}])
    snapshots = [world.snapshot() for _ in range(MAILS)]
    world.hear(*snapshots)
    world.hear(*(world.joined(s.customer_id, group) for s in snapshots))


def run_until_killed(world, crash_at: str) -> None:
    environment = os.environ | {
        "DATABASE_URL": world.database.url,
        "SMTP_URL": world.sink.url,
        "SECRET_KEY": SECRET,
        "MAIL_FROM": "salon@example.com",
        "MAIL_CONNECTIONS": str(CONNECTIONS),
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
        "open": states["due"] + states["sending"],
    }


@pytest.mark.parametrize(
    ("mode", "point"), [*(("ok", point) for point in POINTS), ("greylist", "mailer.after_handover")]
)
def test_a_killed_mailer_neither_loses_nor_doubles_a_mail(world, due, mode, point):
    world.sink.state.mode = mode
    run_until_killed(world, f"{point}:{3 if point in POINTS[2:4] else 2}")
    recover(world)
    found = ledger(world)
    print(f"{mode}, {point}: {found}")
    assert found["double"] == found["lost"] == found["open"] == 0
    assert found["sent"] + found["uncertain"] == MAILS
    assert found["uncertain"] <= CONNECTIONS * PORTION


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
    mailer = Mailer(settings, world.database, clock=lambda: later)
    while mailer.step():
        pass
    assert {m["state"] for m in world.mails(limit=500)} == {"sent"}
    assert len(list((tmp_path / "data/mail/new").iterdir())) == MAILS
