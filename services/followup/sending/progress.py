"""How far a mail has come, written down for good before each step that cannot be undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import ColumnElement, select, update

from services.followup.models import Mail, MailState, Phase
from shared.db import Database


class Progress:
    """Writes down each mail's phase: a commit of its own, in one round trip on a connection of its own."""

    def __init__(self, database: Database, mailer: str) -> None:
        self._database = database
        self._mailer = mailer
        self._cursor: psycopg.Cursor[Any] | None = None

    def put(self, phases: Mapping[UUID, Phase]) -> Collection[UUID]:
        """Write the mails' phases down, durably. Returns those that are still this mailer's."""
        if self._database.dialect == "postgresql":
            return phases if self._put_at_once(phases) == len(phases) else self._still_mine(phases)
        with self._database.transaction() as session:
            for mail_id, phase in phases.items():
                session.execute(update(Mail).where(*self._mine([mail_id])).values(phase=phase))
        return self._still_mine(phases)

    def _put_at_once(self, phases: Mapping[UUID, Phase]) -> int:
        new = ", ".join(["(%s::uuid, %s)"] * len(phases))
        statement = (
            f"UPDATE mails SET phase = new.phase FROM (VALUES {new}) AS new (id, phase)"
            " WHERE mails.id = new.id AND state = 'sending' AND mailer = %s"
        )
        values = [value for pair in phases.items() for value in pair]
        try:
            self._cursor = self._cursor or self._own_line()
            return self._cursor.execute(statement, [*values, self._mailer], prepare=True).rowcount
        except psycopg.OperationalError:
            self.close()
            raise

    def _own_line(self) -> psycopg.Cursor[Any]:
        pooled = self._database.engine.raw_connection()
        connection = cast("psycopg.Connection[Any]", pooled.driver_connection)
        pooled.detach()
        connection.autocommit = True
        return connection.cursor()

    def _still_mine(self, mail_ids: Collection[UUID]) -> Collection[UUID]:
        with self._database.reading() as session:
            return session.scalars(select(Mail.id).where(*self._mine(mail_ids))).all()

    def _mine(self, mail_ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
        return Mail.id.in_(mail_ids), Mail.state == MailState.SENDING, Mail.mailer == self._mailer

    def close(self) -> None:
        """Hang up; the next mail opens another connection."""
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = None
