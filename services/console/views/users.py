"""Who may sign in."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console import actions, queries
from services.console.errors import LoginTaken
from services.console.forms import NewUserForm, UserForm
from services.console.models import Role
from services.console.pages import Pages, needs, reason, say
from shared.errors import ServiceError
from shared.web import reading, transaction

blueprint = Pages("users", __name__)


@blueprint.get("/users")
@needs("admin")
def listing() -> str:
    with reading() as session:
        return render_template("settings/users.html", users=queries.users(session))


@blueprint.route("/users/new", methods=["GET", "POST"])
@needs("admin")
def new() -> Response | str:
    form = NewUserForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                credentials = actions.create_user(
                    session,
                    login=form.login.data,
                    name=form.name.data,
                    role=Role(form.role.data),
                    language=form.language.data,
                )
            return render_template("settings/credentials.html", credentials=credentials)
        except LoginTaken as error:
            form.login.errors = [reason(error)]
    return render_template("settings/user.html", form=form, user=None)


@blueprint.route("/users/<uuid:user_id>", methods=["GET", "POST"])
@needs("admin")
def edit(user_id: UUID) -> Response | str:
    with reading() as session:
        user = queries.user(session, user_id)
    form = UserForm(obj=user)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                actions.change_user(
                    session,
                    user_id,
                    name=form.name.data,
                    role=Role(form.role.data),
                    active=form.active.data,
                )
            say(gettext("%(name)s is saved.", name=form.name.data))
            return redirect(url_for("users.listing"))
        except ServiceError as error:
            form.refused(error)
    return render_template("settings/user.html", form=form, user=user)


@blueprint.post("/users/<uuid:user_id>/password")
@needs("admin")
def reset_password(user_id: UUID) -> str:
    with transaction() as session:
        credentials = actions.reset_password(session, user_id)
    return render_template("settings/credentials.html", credentials=credentials)
