"""Rows as CSV, the same from both databases, and errors as from any other question."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Integer, cast, literal, select, text
from sqlalchemy.exc import DBAPIError

from shared.db import UtcDateTime, as_csv


def test_every_kind_of_value_becomes_a_cell(database_for):
    at = datetime(2026, 11, 22, 9, 34, 5, tzinfo=UTC)
    asked = select(
        literal('a;b, "c"\nd'), literal(None, Integer), literal(-5), literal(at, UtcDateTime)
    )

    with database_for("customers").reading() as session:
        content = as_csv(session, asked).decode()

    assert content.startswith('"a;b, ""c""\nd",,-5,2026-11-22 09:34:05+00')


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_an_error_leaves_the_connection_usable(database_for):
    rows = select(cast(1 / (literal(5000) - text("i")), Integer)).select_from(
        text("generate_series(1, 6000) AS i")
    )
    with database_for("customers").reading() as session:
        with pytest.raises(DBAPIError, match="division by zero"):
            as_csv(session, rows)
        with pytest.raises(DBAPIError, match="nothing_there"):
            as_csv(session, select(text("nothing_there")))
        session.rollback()

        assert as_csv(session, select(literal(1))) == b"1\n"
