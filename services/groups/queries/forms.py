"""Questions about web forms and what was sent in by them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from services.groups.errors import FormClosed, FormNotFound, NoSuchForm
from services.groups.models import (
    Attribute,
    Form,
    FormConsent,
    FormGroup,
    Group,
    Scope,
    Submission,
    SubmissionState,
)
from services.groups.queries.tree import ancestors_of
from services.groups.webforms.definition import Box, Definition, Known, questions
from shared.web.paging import Page, paginate

ASKED_OF = (Scope.customer, Scope.booking)


@dataclass(frozen=True)
class Sent:
    """How much was sent in by a form, rejected ones left out, and when last."""

    count: int = 0
    waiting: int = 0
    rejected: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class FormView:
    """A form as staff see it."""

    form: Form
    groups: list[FormGroup]
    submissions: Sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self.form, name)


def form(session: Session, form_id: UUID) -> Form:
    """Return one form. Raises FormNotFound."""
    found = session.get(Form, form_id)
    if found is None:
        raise FormNotFound(form_id=form_id)
    return found


def form_view(session: Session, form_id: UUID) -> FormView:
    """Return one form as it is shown. Raises FormNotFound."""
    return _views(session, [form(session, form_id)])[0]


def list_forms(session: Session, *, limit: int, cursor: str | None) -> Page:
    """Return a page of forms, the newest first."""
    page = paginate(session, select(Form), keys=[(Form.id, True)], limit=limit, cursor=cursor)
    return {**page, "items": _views(session, page["items"])}


def groups_of_forms(session: Session, form_ids: Collection[UUID]) -> dict[UUID, list[FormGroup]]:
    """Return each form's checkboxes in their order."""
    found: dict[UUID, list[FormGroup]] = {form_id: [] for form_id in form_ids}
    rows = session.scalars(
        select(FormGroup)
        .where(FormGroup.form_id.in_(form_ids))
        .order_by(FormGroup.form_id, FormGroup.position)
    )
    for row in rows:
        found[row.form_id].append(row)
    return found


def slugs_like(session: Session, slug: str) -> set[str]:
    """Return the slugs that begin so."""
    return set(session.scalars(select(Form.slug).where(Form.slug.startswith(slug))))


def wordings(session: Session, form_id: UUID) -> list[FormConsent]:
    """Return every wording of the form's consent there was, the oldest first."""
    return list(
        session.scalars(
            select(FormConsent).where(FormConsent.form_id == form_id).order_by(FormConsent.version)
        )
    )


def wording(session: Session, form_id: UUID, version: int) -> str:
    """Return the wording of the form's consent as of this version."""
    found = session.get(FormConsent, (form_id, version))
    return "" if found is None else found.wording


def offered_in(session: Session, group_ids: Iterable[UUID]) -> tuple[str, str] | None:
    """Return the path of one of these groups that a form offers, and the form's title."""
    row = session.execute(
        select(Group.path, Form.title)
        .join(FormGroup, FormGroup.group_id == Group.id)
        .join(Form, Form.id == FormGroup.form_id)
        .where(FormGroup.group_id.in_(list(group_ids)))
        .order_by(Form.title, Group.path)
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def forms_asking(session: Session, scope: str, key: str) -> list[tuple[UUID, str]]:
    """Return the forms that ask for the attribute, by title."""
    forms = select(Form.id, Form.title, Form.fields).order_by(Form.title, Form.id)
    return [
        (form_id, title)
        for form_id, title, fields in session.execute(forms)
        if any(one.get("attribute") == key and one.get("scope") == scope for one in fields)
    ]


def origins_of(session: Session, slug: str) -> list[str]:
    """Return the pages that may show the form; none if there is no such form."""
    return session.scalar(select(Form.allowed_origins).where(Form.slug == slug)) or []


def open_form(session: Session, slug: str) -> Definition:
    """Return what the form asks at this moment. Raises NoSuchForm or FormClosed."""
    found = session.scalar(select(Form).where(Form.slug == slug))
    if found is None:
        raise NoSuchForm
    if not found.active:
        raise FormClosed(title=found.title)
    return Definition(
        form_id=found.id,
        slug=found.slug,
        title=found.title,
        intro=found.intro,
        language=found.language,
        questions=questions(
            found.fields, _known(session, found), with_consent=bool(found.consent_text)
        ),
        boxes=_boxes(session, found.id),
        groups_label=found.groups_label,
        consent_text=found.consent_text,
        consent_version=found.consent_version,
        success_text=found.success_text,
        submit_label=found.submit_label,
        double_opt_in=found.double_opt_in,
        allowed_origins=found.allowed_origins,
    )


def list_submissions(
    session: Session, form_id: UUID, *, limit: int, cursor: str | None, state: str | None = None
) -> Page:
    """Return a page of what was sent in, the newest first. Raises FormNotFound."""
    form(session, form_id)
    statement = select(Submission).where(Submission.form_id == form_id)
    if state is not None:
        statement = statement.where(Submission.state == state)
    return paginate(session, statement, keys=[(Submission.id, True)], limit=limit, cursor=cursor)


def submissions_of(session: Session, customer_id: UUID, email_key: str | None) -> list[Submission]:
    """Return what the customer sent in, and what came under their address and is nobody's yet."""
    theirs = Submission.customer_id == customer_id
    if email_key is not None:
        theirs |= Submission.customer_id.is_(None) & (Submission.email_key == email_key)
    return list(session.scalars(select(Submission).where(theirs).order_by(Submission.id)))


def _known(session: Session, found: Form) -> dict[tuple[str, str], Known]:
    keys = {one["attribute"] for one in found.fields if "attribute" in one}
    if not keys:
        return {}
    attributes = session.scalars(
        select(Attribute).where(Attribute.scope.in_(ASKED_OF), Attribute.key.in_(keys))
    )
    return {
        (a.scope, a.key): Known(
            scope=a.scope,
            key=a.key,
            label=a.label,
            type=a.type,
            required=a.required_form,
            help=a.help,
            hint=a.pattern_hint or "",
            choices=a.choices,
            parse=a.parser(),
        )
        for a in attributes
    }


def _boxes(session: Session, form_id: UUID) -> list[Box]:
    rows = session.execute(
        select(FormGroup, Group.name)
        .join(Group, Group.id == FormGroup.group_id)
        .where(FormGroup.form_id == form_id)
        .order_by(FormGroup.position)
    ).all()
    above = ancestors_of(session, [row[0].group_id for row in rows])
    return [
        Box(one.group_id, one.label or name, one.preselected, above[one.group_id])
        for one, name in rows
    ]


def _views(session: Session, forms: Collection[Form]) -> list[FormView]:
    ids = [one.id for one in forms]
    groups, sent = groups_of_forms(session, ids), _sent(session, ids)
    return [FormView(one, groups[one.id], sent.get(one.id, Sent())) for one in forms]


def _sent(session: Session, form_ids: Collection[UUID]) -> dict[UUID, Sent]:
    state = Submission.state
    taken = state != SubmissionState.rejected

    def number(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    rows = session.execute(
        select(
            Submission.form_id,
            number(taken),
            number(state == SubmissionState.waiting),
            number(state == SubmissionState.rejected),
            func.max(case((taken, Submission.received_at))),
        )
        .where(Submission.form_id.in_(form_ids))
        .group_by(Submission.form_id)
    )
    return {row[0]: Sent(int(row[1]), int(row[2]), int(row[3]), row[4]) for row in rows}
