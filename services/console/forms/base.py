"""What all forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField, HiddenField, SelectChoice, SelectMultipleField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from services.console.pages import reason
from shared.db import new_id
from shared.errors import ServiceError


class Form(FlaskForm):
    """A form that sends nothing twice (`once`) and shows what a service refused at its field."""

    once = HiddenField(default=lambda: str(new_id()))
    problem: str | None = None

    def refused(self, error: ServiceError, names: Mapping[str, str] | None = None) -> None:
        """Put a service's messages at the fields they are about, the rest above the form.

        `names` maps the service's name of a field to the form's, where they differ.
        """
        left: list[str] = []
        for key, messages in (error.errors or {}).items():
            field = self._field((names or {}).get(key, key))
            if field is None:
                left += [f"{key}: {message}" for message in messages]
            else:
                field.errors = [*field.errors, *messages]
        if not error.errors:
            self.problem = reason(error)
        elif left:
            self.problem = " · ".join(left)
        else:
            self.problem = gettext("Please look at the marked fields.")

    def _field(self, path: str) -> Field | None:
        """Find `steps.0.subject` in field lists, else by the first part: `label.de` is shown at label."""
        parts = path.split(".")
        field: Any = self._fields.get(parts[0]) or self._fields.get(path.replace(".", "_"))
        for part in parts[1:]:
            if isinstance(field, FieldList) and part.isdigit() and int(part) < len(field.entries):
                field = field.entries[int(part)]
            elif isinstance(field, FormField):
                field = field.form._fields.get(part)
        return None if isinstance(field, FieldList | FormField) else field


class MultiCheckboxField(SelectMultipleField):
    """Several of a few, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def choices(
    labels: Mapping[str, Any] | Iterable[tuple[str, Any]], *, none: Any = None
) -> list[SelectChoice]:
    """Return the choices of a select field; `none` is the label of choosing nothing."""
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    first = [] if none is None else [SelectChoice("", none)]
    return [*first, *(SelectChoice(value, label) for value, label in pairs)]


def required() -> InputRequired:
    return InputRequired(lazy_gettext("Please fill this in."))


def longest(most: int) -> Length:
    return Length(max=most, message=lazy_gettext("At most %(max)d characters."))


def stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
