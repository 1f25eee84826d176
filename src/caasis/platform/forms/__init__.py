"""What every form of every face is made of: the renderer, the base form with its sentences, fields and widgets."""

from caasis.platform.forms.base import AppForm, AppFormRenderer
from caasis.platform.forms.fields import (
    UNKNOWN,
    JapaneseDateField,
    JapaneseEmailField,
    PhoneField,
    PostcodeField,
    Unknown,
    YenField,
)
from caasis.platform.forms.widgets import CardCheckboxes, CardRadios, DateBoxes, YenInput, YenOrUnknown

__all__ = [
    "UNKNOWN",
    "AppForm",
    "AppFormRenderer",
    "CardCheckboxes",
    "CardRadios",
    "DateBoxes",
    "JapaneseDateField",
    "JapaneseEmailField",
    "PhoneField",
    "PostcodeField",
    "Unknown",
    "YenField",
    "YenInput",
    "YenOrUnknown",
]
