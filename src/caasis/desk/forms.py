"""Small forms of the desk. The card itself is read by `desk.card`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from caasis.accounts.selectors import staff_of
from caasis.kernel.actor import Role
from caasis.platform.forms import AppForm, JapaneseDateField

#: How a consultation that a counsellor enters directly may have come: code, words, icon.
NEW_CHANNELS = (
    ("phone", "電話", "call"),
    ("visit", "来訪", "person"),
    ("letter", "文書", "mail"),
    ("fax", "FAX", "print"),
)


def colleague_choices(centre_id: UUID | None) -> list[tuple[str, str]]:
    """Who of the centre can handle cases."""
    if centre_id is None:
        return []
    return [(str(user.pk), str(user)) for user in staff_of(centre_id, Role.COUNSELLOR, Role.SUPERVISOR)]


class NewCaseForm(AppForm):
    channel = forms.ChoiceField(label="受付方法", choices=[(code, words) for code, words, _ in NEW_CHANNELS])
    #: Made when the page was made, so that two clicks open one case.
    key = forms.RegexField(label="画面の番号", regex=r"^[A-Za-z0-9_-]{8,40}$", widget=forms.HiddenInput)


class AssignForm(AppForm):
    requirement_marks = False
    to = forms.ChoiceField(label="新しい担当")

    def __init__(self, *args: Any, centre_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "選んでください"), *colleague_choices(centre_id)]  # type: ignore[attr-defined]


class ApproverAbsenceForm(AppForm):
    """An approver's absence. Dates are days of Japan, both included."""

    user = forms.ChoiceField(label="不在になる人")
    first = JapaneseDateField(label="初日")
    last = JapaneseDateField(label="最終日")
    deputy = forms.ChoiceField(label="代わりに決裁する人（代決）", required=False)
    note = forms.CharField(
        label="メモ", required=False, max_length=60, help_text="「出張」など。病気などの私事は書かないでください。"
    )

    def __init__(
        self, *args: Any, approvers: list[tuple[str, str]], deputies: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", "選んでください"), *approvers]  # type: ignore[attr-defined]
        self.fields["deputy"].choices = [("", "選んでください" if deputies else "いません"), *deputies]  # type: ignore[attr-defined]
