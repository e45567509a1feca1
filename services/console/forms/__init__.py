"""The console's forms: what people type, and where a refusal is shown."""

from services.console.forms.base import Form, choices
from services.console.forms.customers import CustomerForm, OptInForm
from services.console.forms.groups import AttributeForm, GroupForm
from services.console.forms.imports import ImportForm
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
    "Form",
    "GroupForm",
    "ImportForm",
    "NewUserForm",
    "OptInForm",
    "PasswordForm",
    "SequenceForm",
    "SignInForm",
    "StepForm",
    "UserForm",
    "choices",
]
