"""An empty database without any service's tables, in both dialects."""

import uuid

import pytest

from shared.db import Database


@pytest.fixture
def plain_database(dialect, request, tmp_path):
    if dialect == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'plain.sqlite3'}")
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgres")
    name = f"plain_{uuid.uuid4().hex[:12]}"
    database = Database(server.create_database(name))
    yield database
    database.dispose()
    server.drop_database(name)
