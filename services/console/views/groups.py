"""Groups: the tree, one group with its members, create, change, move, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, customers, groups
from services.console.forms import GroupForm, choices
from services.console.pages import Pages, needs, part, say

blueprint = Pages("groups", __name__)


@blueprint.get("/groups")
@needs("groups:read")
def listing() -> str:
    return render_template(
        "groups/list.html", tree=tree(list(groups.pages("/groups"))), current=None
    )


@blueprint.route("/groups/new", methods=["GET", "POST"])
@needs("groups:write")
def new() -> Response | str:
    form = GroupForm()
    _offer_parents(form)
    if not form.is_submitted():
        form.parent_id.data = request.args.get("parent", "")
    elif form.validate():
        try:
            made = groups.post("/groups", _without_nothing(form.values()), once=form.once.data)
            say(gettext("The group %(name)s is there.", name=made["name"]))
            return redirect(url_for("groups.show", group_id=made["id"]))
        except Refused as error:
            _refused(form, error)
    return render_template("groups/edit.html", form=form, group=None)


@blueprint.get("/groups/<uuid:group_id>")
@needs("groups:read")
def show(group_id: UUID) -> str:
    every = list(groups.pages("/groups"))
    group = groups.get(f"/groups/{group_id}")
    return render_template(
        "groups/show.html",
        tree=tree(every),
        current=str(group_id),
        group=group,
        children=[g for g in every if g["parent_id"] == str(group_id)],
        members=_members(group_id),
    )


@blueprint.get("/groups/<uuid:group_id>/counts")
@needs("groups:read")
def counts(group_id: UUID) -> FlaskResponse:
    return part("groups/counts.html", group=groups.get(f"/groups/{group_id}"))


@blueprint.route("/groups/<uuid:group_id>/edit", methods=["GET", "POST"])
@needs("groups:write")
def edit(group_id: UUID) -> Response | str:
    group = groups.get(f"/groups/{group_id}")
    form = GroupForm(data=None if request.method == "POST" else group)
    _offer_parents(form, group)
    if form.validate_on_submit():
        try:
            groups.patch(f"/groups/{group_id}", form.values(), version=form.version.data)
            say(gettext("Saved."))
            return redirect(url_for("groups.show", group_id=group_id))
        except Refused as error:
            _refused(form, error)
            if error.status == 412:
                form.version.data = groups.get(f"/groups/{group_id}")["version"]
    return render_template("groups/edit.html", form=form, group=group)


@blueprint.post("/groups/<uuid:group_id>/delete")
@needs("groups:write")
def delete(group_id: UUID) -> Response | str:
    """Delete a group. One that is in use says so first, and asks again."""
    cascade = "true" if request.form.get("cascade") else ""
    version = request.form.get("version")
    try:
        groups.delete(f"/groups/{group_id}", version=version, cascade=cascade)
    except Refused as error:
        if error.status != 409 or cascade:
            say(str(error.text), "danger")
            return redirect(url_for("groups.show", group_id=group_id))
        group = groups.get(f"/groups/{group_id}")
        return render_template("groups/delete.html", group=group, reason=str(error.text))
    say(gettext("The group is deleted."))
    return redirect(url_for("groups.listing"))


@blueprint.post("/groups/<uuid:group_id>/members/<uuid:customer_id>/remove")
@needs("groups:write")
def remove_member(group_id: UUID, customer_id: UUID) -> Response:
    groups.delete(f"/groups/{group_id}/members/{customer_id}")
    say(gettext("Taken out of the group."))
    return redirect(url_for("groups.show", group_id=group_id))


def _members(group_id: UUID) -> dict[str, Any]:
    """Return a page of members by name, each with since when and why it is one."""
    page: dict[str, Any] = groups.get(
        f"/groups/{group_id}/members", cursor=request.args.get("cursor"), limit=50
    )
    unnamed = [m for m in page["items"] if "customer" not in m]
    for member in unnamed:
        member["customer"] = customers.get(f"/customers/{member['customer_id']}")
    return page


def tree(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the top groups, each with its `children`, sorted by name."""
    nodes = {item["id"]: {**item, "children": []} for item in items}
    top: list[dict[str, Any]] = []
    for node in sorted(nodes.values(), key=lambda n: n["name"].casefold()):
        parent = nodes.get(node["parent_id"])
        (parent["children"] if parent else top).append(node)
    return top


def _offer_parents(form: GroupForm, group: dict[str, Any] | None = None) -> None:
    """A group can go anywhere but into itself."""
    inside = None if group is None else f"{group['path']}/"
    paths = {
        g["id"]: g["path"]
        for g in groups.pages("/groups")
        if group is None or (g["id"] != group["id"] and not g["path"].startswith(inside))
    }
    ordered = sorted(paths.items(), key=lambda entry: entry[1].casefold())
    form.parent_id.choices = choices(ordered, none=gettext("– at the top –"))


def _refused(form: GroupForm, error: Refused) -> None:
    form.refused(error)
    if error.status == 412:
        form.problem = gettext(
            "Somebody else changed this group meanwhile. Saving again takes what you have typed."
        )


def _without_nothing(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
