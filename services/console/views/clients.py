"""Programs that may get access tokens."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from services.console import actions, queries
from services.console.forms import ClientForm
from services.console.pages import Pages, needs, say
from shared.web import reading, transaction

blueprint = Pages("clients", __name__)


@blueprint.get("/api-clients")
@needs("admin")
def listing() -> str:
    with reading() as session:
        return render_template("settings/clients.html", clients=queries.api_clients(session))


@blueprint.route("/api-clients/new", methods=["GET", "POST"])
@needs("admin")
def new() -> str:
    form = ClientForm()
    if not form.validate_on_submit():
        return render_template("settings/client.html", form=form)
    with transaction() as session:
        made = actions.create_api_client(
            session, name=form.name.data, scopes=form.scopes.data, by=current_user.name
        )
    return render_template("settings/secret.html", client=made.client, secret=made.secret)


@blueprint.post("/api-clients/<uuid:client_id>/revoke")
@needs("admin")
def revoke(client_id: UUID) -> Response:
    with transaction() as session:
        actions.revoke_api_client(session, client_id)
    say(gettext("The client gets no more tokens. The last one ends within 15 minutes."))
    return redirect(url_for("clients.listing"))
