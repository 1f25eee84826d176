"""Forms of the screens beside a case: accident notices, requests, conduct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from caasis.cases.rules.accidents import NOTICE_FIELDS, NOTICE_LONGEST, NoticeMeans
from caasis.cases.rules.asks import AskKind, AskStep
from caasis.cases.rules.conduct import ConductStep, Criterion
from caasis.cases.rules.mediation import Means
from caasis.cases.services.asking import STEPS
from caasis.desk.mediation import BLANK, BesideForm, key_field, moment, words
from caasis.platform.forms import JapaneseDateField

YES_NO = [("yes", "同意する"), ("no", "同意しない")]


class NoticeForm(BesideForm):
    """The notice to CAA: one box for each of its fields."""

    name = "notice"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name, label, rows in NOTICE_FIELDS:
            widget = forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput()
            self.fields[name] = forms.CharField(label=label, max_length=NOTICE_LONGEST, required=False, widget=widget)


class SentForm(BesideForm):
    name = "sent"
    means = forms.ChoiceField(label="通知した方法", choices=[*BLANK, *NoticeMeans.choices()])
    to = forms.CharField(label="通知した先", max_length=80, initial="消費者庁 消費者安全課")
    at = moment("通知した日時")


class ReasonForm(BesideForm):
    name = "reason"
    reason = words("理由", rows=2)


class TestForm(BesideForm):
    name = "test"
    key = key_field()
    addressee = forms.CharField(label="依頼先", max_length=80, help_text="例：国民生活センター 商品テスト部、県の試験機関")
    text = words("品物と、調べてほしいこと", rows=4)
    due_on = JapaneseDateField(label="いつまでに（任意）", required=False)


class PetitionForm(BesideForm):
    name = "petition"
    key = key_field()
    addressee = forms.CharField(label="提出先", max_length=80, help_text="例：消費者庁長官、○○県知事")
    text = words("申出書", rows=18)


class CooperationForm(BesideForm):
    name = "cooperation"
    key = key_field()
    authority = forms.CharField(label="求める機関", max_length=80)
    question = words("求めること", rows=4, help_text="氏名や電話番号は書きません。")
    due_on = JapaneseDateField(label="いつまでに（任意）", required=False)


class LogForm(BesideForm):
    """A line of a request's log; its prefix carries the request, so that several forms stand on one page."""

    step = forms.ChoiceField(label="記録すること", choices=[])
    gave = forms.CharField(label="渡した人・場所", max_length=80, required=False)
    took = forms.CharField(label="受け取った人・場所", max_length=80, required=False)
    words = words("内容", rows=2, required=False)

    def __init__(self, data: Any = None, *, kind: AskKind, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["step"].choices = [*BLANK, *((one.value, one.label) for one in STEPS[kind])]  # type: ignore[attr-defined]
        if kind is not AskKind.TEST:
            del self.fields["gave"], self.fields["took"]


class ConsumerForm(BesideForm):
    agrees = forms.ChoiceField(label="本人の答え", choices=YES_NO, widget=forms.RadioSelect)
    means = forms.ChoiceField(label="確かめた方法", choices=[*BLANK, *Means.choices()])
    words = words("本人の言葉（任意）", rows=2, required=False)


class CentreForm(BesideForm):
    agrees = forms.ChoiceField(label="センターの判断", choices=[("yes", "協力する"), ("no", "協力しない")], widget=forms.RadioSelect)
    words = words("理由（協力しないときは必ず）", rows=2, required=False)


class WitnessForm(BesideForm):
    """Forms in which a colleague may be named who heard it too."""

    witness = forms.TypedChoiceField(label="いっしょに聞いた職員", required=False, empty_value=None)

    def __init__(self, data: Any = None, *, colleagues: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["witness"].choices = [("", "いない・あとで"), *colleagues]  # type: ignore[attr-defined]


class IncidentForm(WitnessForm):
    name = "incident"
    key = key_field()
    criteria = forms.MultipleChoiceField(label="あてはまるもの", choices=Criterion.choices(), widget=forms.CheckboxSelectMultiple)
    at = moment("日時")
    words = words("何があったか（言われた言葉はそのまま）", rows=4)
    debrief = forms.BooleanField(label="主任との振り返りを予定に入れる", required=False, initial=True)
    field_order = ["key", "criteria", "at", "witness", "words", "debrief"]


class WarnForm(WitnessForm):
    name = "warn"
    words = words("伝えた警告", rows=3)
    field_order = ["words", "witness"]


class ProposeForm(WitnessForm):
    name = "propose"
    words = words("終えたい理由と、これまでの経過", rows=3)
    field_order = ["words", "witness"]


class DecideForm(BesideForm):
    name = "decide"
    end = forms.ChoiceField(label="判断", choices=[("yes", "対応を終える"), ("no", "終えずに続ける")], widget=forms.RadioSelect)
    days = forms.IntegerField(label="対応を終える日数", required=False, min_value=1, max_value=365)
    words = words("判断の理由", rows=3)


class AppealForm(BesideForm):
    name = "appeal"
    words = words("本人の申し立て", rows=3)


class LiftForm(BesideForm):
    name = "lift"
    uphold = forms.ChoiceField(label="判断", choices=[("no", "対応終了を解く"), ("yes", "終了のままにする")], widget=forms.RadioSelect)
    words = words("理由", rows=3)


class CareForm(BesideForm):
    name = "care"
    kind = forms.ChoiceField(
        label="記録すること",
        choices=[(one.value, one.label) for one in (ConductStep.BREAK, ConductStep.DEBRIEF, ConductStep.CARE)],
        widget=forms.RadioSelect,
    )
    words = words("内容（様子は主任だけが読めます）", rows=2, required=False)


class RuleForm(BesideForm):
    name = "rule"
    warnings_needed = forms.IntegerField(label="終える前の警告の回数", min_value=1, max_value=5)
    longest_days = forms.IntegerField(label="いちばん長い日数", min_value=1, max_value=365)
    warning = words("警告の言葉", rows=3)
    ending = words("終了のお知らせの言葉", rows=4)
    appeal_to = forms.CharField(label="申し立て先（任意）", max_length=120, required=False)


#: Steps in which somebody must be told who holds the thing; the page says so.
CUSTODY_WORDS = "・".join(step.label for step in (AskStep.KEPT, AskStep.MOVED, AskStep.SENT, AskStep.RETURNED))
