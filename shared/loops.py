"""Loops that run beside the message door: woken by a commit, with a slow look at the table as safety net."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shared.backoff import Backoff
from shared.consumer import passes
from shared.db import Database, Waker

log = structlog.get_logger(__name__)


def on_call(
    database: Database,
    channel: str,
    work: Callable[[threading.Event], bool],
    *,
    look_again_s: float = 15.0,
) -> Callable[[threading.Event], None]:
    """Return a loop that does `work` as long as that returns True, and again when `channel` is woken.

    `work` gets the event that ends the loop, so that it does not go on beyond it. A cause that passes, such
    as a database that is away, is waited for; any other error ends the loop.
    """

    def loop(stop: threading.Event) -> None:
        waker, backoff = database.waker(channel), Backoff()
        threading.Thread(target=_interrupt_at, args=(stop, waker), daemon=True).start()
        try:
            while not stop.is_set():
                try:
                    worked = work(stop)
                    backoff.reset()
                except Exception as error:
                    if not passes(error):
                        raise
                    log.warning("work waits", channel=channel, cause=type(error).__name__)
                    backoff.wait(stop)
                else:
                    if not worked and not stop.is_set():
                        waker.wait(look_again_s)
        finally:
            waker.close()

    return loop


def every(
    seconds: float,
    database: Database,
    work: Callable[[Session], int],
    *,
    at_once: bool = False,
) -> Callable[[threading.Event], None]:
    """Return a loop that does `work` every so often, and at once again as long as there is some.

    The first time is after the first pause, or `at_once`.
    """

    def loop(stop: threading.Event) -> None:
        pause = 0.0 if at_once else seconds
        while not stop.wait(pause):
            pause = seconds
            try:
                while _done(database, work) and not stop.is_set():
                    pass
            except Exception as error:
                # A database that is away comes back, and the work waits for it.
                if not passes(error):
                    raise
                log.warning("upkeep waits", error=type(error).__name__)

    return loop


def _done(database: Database, work: Callable[[Session], int]) -> int:
    with database.transaction() as session:
        return work(session)


def _interrupt_at(stop: threading.Event, waker: Waker) -> None:
    stop.wait()
    waker.interrupt()
