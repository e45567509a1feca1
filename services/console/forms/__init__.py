"""The console's forms: what people type, and where a refusal is shown."""

from services.console.forms.base import Form, choices
from services.console.forms.customers import CustomerForm, OptInForm
from services.console.forms.exports import ExportForm
from services.console.forms.groups import AttributeForm, GroupForm
from services.console.forms.imports import ImportForm, ReadingForm
from services.console.forms.sequences import SequenceForm, StepForm
from services.console.forms.settings import (
    ClientForm,
    NewUserForm,
    PasswordForm,
    SignInForm,
    UserForm,
)

__all__ = [
    "AttributeForm",
    "ClientForm",
    "CustomerForm",
    "ExportForm",
    "Form",
    "GroupForm",
    "ImportForm",
    "NewUserForm",
    "OptInForm",
    "PasswordForm",
    "ReadingForm",
    "SequenceForm",
    "SignInForm",
    "StepForm",
    "UserForm",
    "choices",
]
