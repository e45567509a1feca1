"""/sequences: drawn up, changed, activated, paused, archived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.followup.actions import activation
from services.followup.actions import sequences as actions
from services.followup.api.common import blueprint, settings
from services.followup.foreseeing import foresee
from services.followup.queries import sequences as queries
from services.followup.queries import sequences_shown as shown_sequences
from services.followup.queries import statistics
from services.followup.schemas import (
    ActivatedSchema,
    ActivateSchema,
    ForecastSchema,
    ForeseeSchema,
    SequenceArgs,
    SequenceCreateSchema,
    SequencePatchSchema,
    SequenceSchema,
    StatisticsSchema,
)
from shared.db import utcnow
from shared.web import etag, idempotent, page_of, reading, scope, transaction, versioned

sequences = blueprint("sequences", "Series of mails that start when a customer enters a group")


@sequences.route("")
class SequenceList(MethodView):
    @sequences.arguments(SequenceArgs, location="query")
    @sequences.response(200, page_of(SequenceSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List sequences"""
        with reading() as session:
            return shown_sequences.list_sequences(session, **args)

    @idempotent
    @sequences.arguments(SequenceCreateSchema)
    @sequences.response(201, SequenceSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Draw up a sequence; it starts nothing before it is activated"""
        with transaction() as session:
            found = actions.create(session, fields, settings().business_timezone, utcnow())
            shown = shown_sequences.shown(session, found)
        location = f"/api/v1/sequences/{found.id}"
        return shown, 201, {**etag(found.version), "Location": location}


@sequences.route("/impact")
class SequenceImpact(MethodView):
    @scope("followup:read")
    @sequences.arguments(ForeseeSchema)
    @sequences.response(200, ForecastSchema)
    def post(self, asked: dict[str, Any]) -> Any:
        """Say what would start if up to 5,000 people came into groups, without doing it

        The answers to several pages can be added up if nobody is on two of them.
        """
        with reading() as session:
            return foresee(session, **asked, now=utcnow())


@sequences.route("/<uuid:sequence_id>")
class SequenceItem(MethodView):
    @sequences.response(200, SequenceSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    def get(self, sequence_id: UUID) -> Any:
        """Show a sequence"""
        with reading() as session:
            found = queries.sequence(session, sequence_id)
            return shown_sequences.shown(session, found), etag(found.version)

    @versioned
    @sequences.arguments(SequencePatchSchema)
    @sequences.response(200, SequenceSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    @sequences.alt_response(409, description="The sequence is archived")
    def patch(self, changes: dict[str, Any], sequence_id: UUID, version: int) -> Any:
        """Change a sequence; whoever is under way keeps the steps they started with"""
        with transaction() as session:
            found = actions.change(session, sequence_id, version, changes, utcnow())
            return shown_sequences.shown(session, found), etag(found.version)

    @versioned
    @sequences.response(204)
    @sequences.alt_response(404, description="There is no such sequence")
    @sequences.alt_response(409, description="Customers have been in it")
    def delete(self, sequence_id: UUID, version: int) -> None:
        """Delete a sequence that nobody has ever been in"""
        with transaction() as session:
            actions.remove(session, sequence_id, version)


@sequences.route("/<uuid:sequence_id>/activate")
class Activation(MethodView):
    @idempotent
    @sequences.arguments(ActivateSchema)
    @sequences.response(200, ActivatedSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    @sequences.alt_response(409, description="Something is missing, or the sequence is archived")
    def post(self, options: dict[str, Any], sequence_id: UUID) -> Any:
        """Let it start by itself; with dry_run only say what would happen"""
        with transaction() as session:
            found, impact = activation.activate(
                session,
                sequence_id,
                enrol=options["existing_members"] == "enrol",
                dry_run=options["dry_run"],
                now=utcnow(),
            )
            shown = shown_sequences.shown(session, found) | {"impact": impact}
            return shown, 200, etag(found.version)


@sequences.route("/<uuid:sequence_id>/pause")
class Pause(MethodView):
    @sequences.response(200, SequenceSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    @sequences.alt_response(409, description="It does not run")
    def post(self, sequence_id: UUID) -> Any:
        """Let no mail of it start until it is activated again"""
        with transaction() as session:
            found = actions.pause(session, sequence_id, utcnow())
            return shown_sequences.shown(session, found), etag(found.version)


@sequences.route("/<uuid:sequence_id>/archive")
class Archive(MethodView):
    @sequences.response(200, SequenceSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    def post(self, sequence_id: UUID) -> Any:
        """End it for good"""
        with transaction() as session:
            found = actions.archive(session, sequence_id, utcnow())
            return shown_sequences.shown(session, found), etag(found.version)


@sequences.route("/<uuid:sequence_id>/statistics")
class Statistics(MethodView):
    @sequences.response(200, StatisticsSchema)
    @sequences.alt_response(404, description="There is no such sequence")
    def get(self, sequence_id: UUID) -> Any:
        """How many are where, and what became of the mails"""
        with reading() as session:
            return statistics.statistics(session, sequence_id)
