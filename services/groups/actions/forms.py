"""Making web forms, changing and deleting them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.errors import FormExists
from services.groups.models import Attribute, Form, FormConsent, FormGroup
from services.groups.webforms.fields import IDENTIFYING
from shared.db import new_id, utcnow
from shared.errors import Invalid, PreconditionFailed, Text
from shared.values import sort_key

LONGEST_SLUG = 63
UNSAID: dict[str, Any] = {
    "intro": "",
    "groups_label": None,
    "consent_text": "",
    "success_text": "",
    "submit_label": None,
    "double_opt_in": True,
    "active": True,
    "allowed_origins": [],
    "language": "de",
}

_NO_ATTRIBUTE = Text(
    "There is no such attribute. GET /attributes?scope={scope} lists them.",
    de="Ein solches Attribut gibt es nicht. GET /attributes?scope={scope} zeigt alle.",
)
_NO_GROUP = Text(
    "There is no such group. GET /groups lists those that exist.",
    de="Eine solche Gruppe gibt es nicht. GET /groups zeigt alle, die es gibt.",
)
_TWICE = Text("This stands here twice.", de="Das steht hier zweimal.")
_NAMELESS = Text(
    "A form asks at least for last_name, company, email, phone or mobile.",
    de="Ein Formular fragt mindestens nach last_name, company, email, phone oder mobile.",
)
_EMAIL = Text(
    "A form with a consent_text asks for email: consent is for an address.",
    de="Ein Formular mit consent_text fragt nach email: eingewilligt wird für eine Adresse.",
)


def create_form(
    session: Session,
    *,
    title: str,
    fields: list[dict[str, Any]],
    slug: str | None = None,
    groups: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Form:
    """Make a form. Without a slug it gets one made from its title."""
    _lock(session)
    now = utcnow()
    form = Form(
        **{**UNSAID, **more},
        id=new_id(),
        slug=slug or _free_slug(session, title),
        title=title,
        fields=fields,
        consent_version=0,
        version=1,
        created_at=now,
        updated_at=now,
    )
    _check(session, form)
    if slug is not None:
        _must_be_free(session, slug)
    session.add(form)
    session.flush()
    _put_groups(session, form, groups)
    _note_wording(session, form, now)
    session.flush()
    return form


def change_form(session: Session, form_id: UUID, expected_version: int, **changes: Any) -> Form:
    """Change a form. Another wording of the consent is another version of it; the old ones are kept."""
    _lock(session)
    form = queries.form(session, form_id)
    # Compared and written under the lock that every writer of forms holds.
    session.refresh(form)
    if form.version != expected_version:
        raise PreconditionFailed
    groups = changes.pop("groups", None)
    wording, slug = form.consent_text, form.slug
    for name, value in changes.items():
        setattr(form, name, value)
    with session.no_autoflush:
        _check(session, form)
        if form.slug != slug:
            _must_be_free(session, form.slug)
        moved = groups is not None and _put_groups(session, form, groups)
        if not (moved or session.is_modified(form)):
            return form
        form.updated_at = utcnow()
        form.version += 1
        if form.consent_text != wording:
            _note_wording(session, form, form.updated_at)
    session.flush()
    return form


def delete_form(session: Session, form_id: UUID, expected_version: int) -> None:
    """Delete a form. What was sent by it, and the wordings agreed to, stay for as long as they are kept."""
    locks.lock_tree(session)
    form = queries.form(session, form_id)
    session.refresh(form)
    if form.version != expected_version:
        raise PreconditionFailed
    session.execute(delete(FormGroup).where(FormGroup.form_id == form_id))
    session.delete(form)
    session.flush()


def _lock(session: Session) -> None:
    """Keep others from deleting a group or an attribute meanwhile, and from taking the slug."""
    locks.lock_tree(session)
    locks.share_customers(session)


def slug_from(title: str) -> str:
    """Return what an address can be made of: "Anfrage für Griechenland" is `anfrage-fuer-griechenland`."""
    slug = re.sub(r"[^a-z0-9]+", "-", sort_key(title)).strip("-")[:LONGEST_SLUG].rstrip("-")
    return slug or "form"


def _free_slug(session: Session, title: str) -> str:
    slug = wanted = slug_from(title)
    taken, number = queries.slugs_like(session, wanted[: LONGEST_SLUG - 6]), 2
    while slug in taken:
        slug, number = f"{wanted[: LONGEST_SLUG - 6]}-{number}", number + 1
    return slug


def _must_be_free(session: Session, slug: str) -> None:
    if session.scalar(select(Form.id).where(Form.slug == slug)) is not None:
        raise FormExists(slug=slug)


def _check(session: Session, form: Form) -> None:
    """Raise Invalid, which names the place, if the form asks for what is not there, or not for enough."""
    errors: dict[str, list[Text]] = {}
    known = {(one[0], one[1]) for one in session.execute(select(Attribute.scope, Attribute.key))}
    seen: set[tuple[str, str]] = set()
    for place, one in enumerate(form.fields):
        what = ("field", one["field"]) if "field" in one else (one["scope"], one["attribute"])
        if what[0] != "field" and what not in known:
            errors[f"fields.{place}.attribute"] = [_NO_ATTRIBUTE.fill(scope=what[0])]
        elif what in seen:
            errors[f"fields.{place}"] = [_TWICE]
        seen.add(what)
    asked = {name for kind, name in seen if kind == "field"}
    if asked.isdisjoint(IDENTIFYING):
        errors["fields"] = [_NAMELESS]
    elif form.consent_text and "email" not in asked:
        errors["fields"] = [_EMAIL]
    if errors:
        raise Invalid(errors=errors)


def _put_groups(session: Session, form: Form, groups: Sequence[Mapping[str, Any]]) -> bool:
    """Give the form these checkboxes. False if it has just these."""
    wanted = [(one["group_id"], one.get("label"), one.get("preselected", False)) for one in groups]
    present = queries.groups_of_forms(session, [form.id])[form.id]
    if wanted == [(one.group_id, one.label, one.preselected) for one in present]:
        return False
    found = queries.places_of(session, [group_id for group_id, _, _ in wanted])
    seen: set[UUID] = set()
    errors: dict[str, list[Text]] = {}
    for place, (group_id, _, _) in enumerate(wanted):
        if group_id not in found:
            errors[f"groups.{place}.group_id"] = [_NO_GROUP]
        elif group_id in seen:
            errors[f"groups.{place}.group_id"] = [_TWICE]
        seen.add(group_id)
    if errors:
        raise Invalid(errors=errors)
    for one in present:
        session.delete(one)
    session.flush()
    session.add_all(
        FormGroup(
            form_id=form.id,
            group_id=group_id,
            position=place,
            label=label,
            preselected=preselected,
        )
        for place, (group_id, label, preselected) in enumerate(wanted)
    )
    return True


def _note_wording(session: Session, form: Form, now: datetime) -> None:
    if form.consent_text or form.consent_version:
        form.consent_version += 1
        session.add(
            FormConsent(
                form_id=form.id,
                version=form.consent_version,
                wording=form.consent_text,
                since=now,
            )
        )
