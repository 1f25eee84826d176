"""The form renderer and the base form, which gives every field an error sentence that says what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.forms.renderers import TemplatesSetting


class AppFormRenderer(TemplatesSetting):
    """Renders every form and field through the one field template; `django.forms` has to be an installed app."""

    form_template_name = "app/form.html"
    field_template_name = "app/field.html"


#: Django's own sentence for each code; a field that still carries it gets ours instead.
_DJANGO_REQUIRED = forms.Field.default_error_messages["required"]
_CHOOSING = (forms.Select, forms.RadioSelect, forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.SelectMultiple)


class AppForm(forms.Form):
    """A form whose errors are sentences: 〔何が〕＋〔どうすれば〕, the same in the summary and at the field.

    `requirement_marks = False` leaves out 必須 and 任意 (the desk's card is required only when it is registered).
    """

    requirement_marks = True
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            label = str(field.label or name)
            for code, (django_says, sentence) in _sentences(label, field).items():
                if field.error_messages.get(code, django_says) == django_says:
                    field.error_messages[code] = sentence
            for validator in field.validators:
                if isinstance(validator, MaxLengthValidator):
                    validator.message = f"{label}は%(limit_value)d字までです。いまは%(show_value)d字です。"
                elif isinstance(validator, MinLengthValidator):
                    validator.message = f"{label}は%(limit_value)d字以上で入力してください。"

    def add_domain_fields(self, fields: dict[str, list[str]]) -> None:
        """Put the sentences of a domain error (`Invalid.fields`) at their fields; unknown names go to the top."""
        for name, sentences in fields.items():
            self.add_error(name if name in self.fields else None, [ValidationError(text) for text in sentences])


def _sentences(label: str, field: forms.Field) -> dict[str, tuple[Any, str]]:
    """For each error code of a field: what Django would say, and what we say."""
    if isinstance(field.widget, forms.FileInput):
        needed = f"{label}を選んでください。"
    elif isinstance(field.widget, forms.CheckboxInput):
        needed = f"「{label}」を確かめて、印を付けてください。"
    elif isinstance(field.widget, _CHOOSING):
        needed = f"{label}を選んでください。"
    else:
        needed = f"{label}を入力してください。"
    found: dict[str, tuple[Any, str]] = {"required": (_DJANGO_REQUIRED, needed)}
    defaults: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        defaults.update(getattr(kind, "default_error_messages", {}))
    ours = {
        "invalid_choice": f"{label}を、一覧から選びなおしてください。",
        "invalid_list": f"{label}を、一覧から選びなおしてください。",
        "empty": "中身のないファイルです。別のファイルを選んでください。",
        "missing": f"{label}を選びなおしてください。",
        "max_length": "ファイルの名前が長すぎます。短くしてください。",
    }
    if isinstance(field, forms.FileField):
        ours["invalid"] = f"{label}を送れませんでした。選びなおしてください。"
    elif isinstance(field, forms.IntegerField | forms.DecimalField | forms.FloatField):
        ours["invalid"] = f"{label}は数字で入力してください。"
    elif isinstance(field, forms.DateField | forms.TimeField | forms.DateTimeField):
        ours["invalid"] = f"{label}を読み取れません。書き方を確かめてください。"
    for code, sentence in ours.items():
        if code in defaults:
            found[code] = (defaults[code], sentence)
    return found
