"""Everything that all services know of one person (GDPR Art. 15 and 20), as one file."""

from __future__ import annotations

from uuid import UUID

from flask import Response, current_app
from flask.views import MethodView

from services.console import archives
from shared.db import utcnow
from shared.web import Blueprint, language, principal

blueprint = Blueprint(
    "access-archives",
    __name__,
    url_prefix="/api/v1/access-archives",
    read="admin",
    write="admin",
    description="What all services know of a person",
)


@blueprint.route("/<uuid:customer_id>")
class Archive(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    @blueprint.alt_response(404, description="There is no such customer")
    @blueprint.alt_response(503, description="A service is away; an archive is whole or not at all")
    def get(self, customer_id: UUID) -> Response:
        """Put together everything that is known of a person

        A ZIP file with `data.json`, for programs, and `index.html`, for people, in the reader's language.
        """
        asking = principal()
        backend = current_app.extensions["backend"]

        def ask(service: str, path: str) -> archives.Answer:
            client = backend.client(service, asking.subject, asking.name, ("admin",), language())
            return client.get(path)

        archive = archives.collect(customer_id, ask, utcnow())
        settings = current_app.extensions["settings"]
        packed = archives.pack(archive, settings.business_name, settings.timezone, language())
        name = f"stammkunde-{archive['number']}.zip"
        return Response(
            packed,
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )
