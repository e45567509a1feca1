"""Web forms: as staff edit them, as everybody sees them, and what is sent in."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from services.groups.schemas.attributes import LabelSchema
from services.groups.webforms.fields import FIELDS
from shared.errors import Text
from shared.fields import Boolean, Integer, Moment, Schema, Str
from shared.web import PageArgs

ASKED_OF = ("customer", "booking")
STATES = ("waiting", "accepted", "rejected")
LANGUAGES = ("de", "en")
HONEYPOT = "homepage"

_ONE_OF_TWO = Text(
    "Give either a field or an attribute.", de="Entweder field oder attribute angeben."
)
_SLUG = Text(
    "has small letters (a-z) and digits, with single '-' between",
    de="hat Kleinbuchstaben (a-z) und Ziffern, dazwischen einzelne '-'",
)
_ORIGIN = Text(
    "is not the origin of a page, such as https://www.example.de",
    de="ist keine Herkunft einer Seite wie https://www.example.de",
)
_ORIGIN_SHAPE = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?")


class FormFieldSchema(Schema):
    """What is asked: a field of the customer, or an attribute whose definition says the rest."""

    field = Str(max=30, validate=ma.validate.OneOf(tuple(FIELDS)))
    attribute = Str(max=63, min=1, metadata={"description": "Key of an attribute"})
    scope = Str(
        max=20,
        validate=ma.validate.OneOf(ASKED_OF),
        metadata={"description": "Of the attribute; customer unless given"},
    )
    label = ma.fields.Nested(LabelSchema, allow_none=True)
    required = Boolean(load_default=False)
    help = Str(max=500, lines=True, load_default="")

    @ma.validates_schema
    def _is_one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("field" in data) == ("attribute" in data) or ("scope" in data and "field" in data):
            raise ValidationError(_ONE_OF_TWO)

    @ma.post_load
    def _complete(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if "attribute" in data:
            data.setdefault("scope", "customer")
        data.setdefault("label", None)
        return data


class FormGroupSchema(Schema):
    """A checkbox; without a label it reads as the group is called."""

    group_id = ma.fields.UUID(required=True)
    label = Str(max=200, min=1, allow_none=True, load_default=None)
    preselected = Boolean(load_default=False)


class Origin(Str):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).lower().rstrip("/")
        # Browsers leave out the usual port.
        text = re.sub(r"^(https://[^:]+):443$|^(http://[^:]+):80$", r"\1\2", text)
        if not _ORIGIN_SHAPE.fullmatch(text):
            raise ValidationError(_ORIGIN)
        return text


class FormPatchSchema(Schema):
    slug = Str(
        max=63,
        validate=ma.validate.Regexp(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z", error=_SLUG),
        metadata={"description": "The page is /f/<slug>; made from the title if missing"},
    )
    title = Str(max=200, min=1)
    intro = Str(max=5000, lines=True)
    fields = ma.fields.List(  # type: ignore[assignment]
        ma.fields.Nested(FormFieldSchema), validate=ma.validate.Length(min=1, max=60)
    )
    groups = ma.fields.List(ma.fields.Nested(FormGroupSchema), validate=ma.validate.Length(max=200))
    groups_label = Str(
        max=200,
        min=1,
        allow_none=True,
        metadata={"description": "What stands above the checkboxes of the groups"},
    )
    consent_text = Str(
        max=2000, lines=True, metadata={"description": "Empty: the form asks for no consent"}
    )
    success_text = Str(max=2000, lines=True)
    submit_label = Str(max=60, min=1, allow_none=True)
    double_opt_in = Boolean(
        metadata={"description": "false: who agrees here has agreed, without an invitation by mail"}
    )
    active = Boolean(metadata={"description": "false: closed, it takes nothing more"})
    allowed_origins = ma.fields.List(
        Origin(max=260),
        validate=ma.validate.Length(max=20),
        metadata={"description": "Pages that may show the form in a frame, or call it by script"},
    )
    language = Str(max=2, validate=ma.validate.OneOf(LANGUAGES))


class FormCreateSchema(FormPatchSchema):
    title = Str(max=200, min=1, required=True)
    fields = ma.fields.List(
        ma.fields.Nested(FormFieldSchema),
        required=True,
        validate=ma.validate.Length(min=1, max=60),
    )


class SentSchema(ma.Schema):
    count = Integer(required=True, metadata={"description": "Without those rejected"})
    waiting = Integer(required=True)
    rejected = Integer(required=True)
    last_at = Moment(required=True, allow_none=True)


class FormFieldOutSchema(ma.Schema):
    field = ma.fields.String()
    attribute = ma.fields.String()
    scope = ma.fields.String()
    label = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.String(), required=True, allow_none=True
    )
    required = ma.fields.Boolean(required=True)
    help = ma.fields.String(required=True)


class FormGroupOutSchema(ma.Schema):
    group_id = ma.fields.UUID(required=True)
    label = ma.fields.String(required=True, allow_none=True)
    preselected = ma.fields.Boolean(required=True)


class FormSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    slug = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    intro = ma.fields.String(required=True)
    fields = ma.fields.List(  # type: ignore[assignment]
        ma.fields.Nested(FormFieldOutSchema), required=True
    )
    groups = ma.fields.List(ma.fields.Nested(FormGroupOutSchema), required=True)
    groups_label = ma.fields.String(required=True, allow_none=True)
    consent_text = ma.fields.String(required=True)
    consent_version = Integer(required=True)
    success_text = ma.fields.String(required=True)
    submit_label = ma.fields.String(required=True, allow_none=True)
    double_opt_in = ma.fields.Boolean(required=True)
    active = ma.fields.Boolean(required=True)
    allowed_origins = ma.fields.List(ma.fields.String(), required=True)
    language = ma.fields.String(required=True)
    submissions = ma.fields.Nested(SentSchema, required=True)
    version = Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class WordingSchema(ma.Schema):
    """A wording of a form's consent, and since when it stood there."""

    version = Integer(required=True)
    wording = ma.fields.String(required=True)
    since = Moment(required=True)


class WordingsSchema(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(WordingSchema), required=True)


class SubmissionArgs(PageArgs):
    state = Str(max=20, validate=ma.validate.OneOf(STATES))


class SubmissionSchema(ma.Schema):
    """What somebody sent in. `rejected`: it looked like a program's, and nothing was done."""

    id = ma.fields.UUID(required=True)
    form_id = ma.fields.UUID(required=True)
    form_title = ma.fields.String(required=True)
    received_at = Moment(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    reason = ma.fields.String(required=True, allow_none=True)
    customer_id = ma.fields.UUID(required=True, allow_none=True)
    settled_at = Moment(required=True, allow_none=True)
    fields = ma.fields.Dict(keys=ma.fields.String(), required=True)  # type: ignore[assignment]
    customer_values = ma.fields.Dict(keys=ma.fields.String(), required=True)
    booking_values = ma.fields.Dict(keys=ma.fields.String(), required=True)
    group_ids = ma.fields.List(ma.fields.UUID(), required=True)
    consent_version = Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The wording agreed to; null: no consent was given"},
    )
    remote_address = ma.fields.String(required=True, allow_none=True)


class ChoiceSchema(ma.Schema):
    value = ma.fields.String(required=True)
    label = ma.fields.String(required=True)


class QuestionSchema(ma.Schema):
    name = ma.fields.String(
        required=True, metadata={"description": "The key of the answer in `fields`"}
    )
    label = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    required = ma.fields.Boolean(required=True)
    help = ma.fields.String(required=True)
    choices = ma.fields.List(ma.fields.Nested(ChoiceSchema), required=True)


class BoxSchema(ma.Schema):
    group_id = ma.fields.UUID(required=True)
    label = ma.fields.String(required=True)
    preselected = ma.fields.Boolean(required=True)
    parent_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Whose checkbox it stands below; it comes after that"},
    )
    depth = Integer(required=True)


class AskedConsentSchema(ma.Schema):
    text = ma.fields.String(required=True)
    version = Integer(required=True)


class PublicFormSchema(ma.Schema):
    slug = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    intro = ma.fields.String(required=True)
    language = ma.fields.String(required=True, metadata={"description": "Of the labels"})
    fields = ma.fields.List(  # type: ignore[assignment]
        ma.fields.Nested(QuestionSchema), required=True
    )
    groups_label = ma.fields.String(required=True)
    groups = ma.fields.List(ma.fields.Nested(BoxSchema), required=True)
    consent = ma.fields.Nested(AskedConsentSchema, required=True, allow_none=True)
    submit_label = ma.fields.String(required=True)
    token = ma.fields.String(
        required=True, metadata={"description": "Goes back with the answers, within a day"}
    )


class LanguageArgs(Schema):
    lang = Str(max=2, load_default=None, validate=ma.validate.OneOf(LANGUAGES))


class SubmitSchema(Schema):
    """The answers. As `application/x-www-form-urlencoded`: each by its name, `groups` once for each."""

    token = Str(max=500, required=True, metadata={"description": "From GET"})
    fields = ma.fields.Dict(  # type: ignore[assignment]
        keys=ma.fields.String(),
        load_default=dict,
        metadata={"description": "By the names that GET tells"},
        validate=ma.validate.Length(max=200),
    )
    groups = ma.fields.List(Str(max=36), load_default=list, validate=ma.validate.Length(max=500))
    consent = Boolean(load_default=False)
    homepage = Str(max=1000, load_default="", metadata={"description": "Leave it empty"})


class ReceivedSchema(ma.Schema):
    message = ma.fields.String(required=True)
