"""The migrations build what the models say, on both databases."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from shared import tables
from tests.structure import SERVICES


def metadata_of(service: str) -> MetaData:
    models = import_module(f"services.{service}.models")
    metadata: MetaData = getattr(models, "metadata", None) or models.Base.metadata
    return metadata


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_build_what_the_models_say(service, database_for):
    with database_for(service).engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # Indexes on expressions are written in SQL, differently on each database.
                "include_object": lambda thing, name, kind, *_: kind != "index",
            },
        )
        differences = compare_metadata(context, [metadata_of(service), tables.metadata])

    assert differences == []


@pytest.mark.parametrize("service", SERVICES)
def test_migrating_twice_changes_nothing(service, database_for):
    database = database_for(service)

    database.migrate(service)

    with database.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads()
