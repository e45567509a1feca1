"""A small service of its own for testing the ground: things with a name and a count."""

from datetime import datetime
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Flask
from flask.views import MethodView
from sqlalchemy import select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared import fields, tables, web
from shared.config import Settings
from shared.db import TYPES, Database, new_id, new_metadata, utcnow
from shared.errors import NotFound, PreconditionFailed, Text
from shared.fields import Moment, Schema, Str


class ThingSettings(Settings):
    service = "groups"


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    count: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(default=utcnow)
    facts: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1)


class ThingSchema(Schema):
    id = ma.fields.UUID(dump_only=True)
    name = Str(max=20, min=1, required=True)
    count = fields.Integer()
    made_at = Moment()


class ThingNotFound(NotFound):
    template = Text("There is no thing {thing_id}.", de="Es gibt kein Ding {thing_id}.")


def create_tables(database: Database) -> None:
    Base.metadata.create_all(database.engine)
    tables.metadata.create_all(database.engine)


def drop_tables(database: Database) -> None:
    Base.metadata.drop_all(database.engine)
    tables.metadata.drop_all(database.engine)


def create_app(settings: Settings, database: Database) -> Flask:
    return web.create_app(settings, database=database, blueprints=[_things(), _public()])


def _things() -> web.Blueprint:
    blueprint = web.Blueprint(
        "things", __name__, url_prefix="/api/v1/things", read="groups:read", write="groups:write"
    )

    @blueprint.route("")
    class ThingList(MethodView):
        @blueprint.arguments(web.PageArgs, location="query")
        @blueprint.response(200, web.page_of(ThingSchema))
        def get(self, args):
            with web.reading() as session:
                keys = [(Thing.name, False), (Thing.id, True)]
                return web.paginate(session, select(Thing), keys=keys, **args)

        @web.idempotent
        @blueprint.arguments(ThingSchema)
        @blueprint.response(201, ThingSchema)
        def post(self, args):
            with web.transaction() as session:
                thing = Thing(**args)
                session.add(thing)
                session.flush()
                return thing, web.etag(thing.version)

    @blueprint.route("/<uuid:thing_id>")
    class ThingItem(MethodView):
        @blueprint.arguments(ThingSchema(partial=True))
        @blueprint.response(200, ThingSchema)
        def patch(self, args, thing_id):
            version = web.expected_version()
            with web.transaction() as session:
                thing = session.get(Thing, thing_id)
                if thing is None:
                    raise ThingNotFound(thing_id=thing_id)
                changed = session.execute(
                    update(Thing)
                    .where(Thing.id == thing_id, Thing.version == version)
                    .values(version=version + 1, **args)
                )
                if not changed.rowcount:
                    raise PreconditionFailed
                session.refresh(thing)
                return thing, web.etag(thing.version)

    @blueprint.route("/search", methods=["POST"])
    @web.scope("groups:read")
    @blueprint.response(200)
    def search():
        return {"by": web.principal().name}

    return blueprint


def _public() -> web.Blueprint:
    blueprint = web.Blueprint(
        "open", __name__, url_prefix="/api/v1/public/things", read=None, write=None
    )

    @blueprint.route("/fails")
    def fails():
        raise RuntimeError("a secret inside")

    @blueprint.route("/hello")
    @blueprint.response(200)
    def hello():
        return {"hello": "world"}

    return blueprint
