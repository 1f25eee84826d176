"""Forms of follow-up lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from caasis.appointments.models import FollowUpList
from caasis.appointments.services import ListValues
from caasis.appointments.vocabulary import CHOSEN, NoticeChannel, WorkMode
from caasis.cases.code_lists import code_lists
from caasis.desk.follow_ups import WEEKDAYS
from caasis.desk.team_forms import moment_field
from caasis.platform.forms import AppForm, JapaneseDateField
from caasis.platform.templatetags.app import phone_ja
from caasis.queues.models import Queue
from caasis.telephony.models import Number

_HOURS = [(f"{hour:02}:00", f"{hour}時") for hour in range(9, 21)]
_PAUSES = [("60", "1時間"), ("240", "4時間"), ("1440", "1日"), ("4320", "3日"), ("10080", "1週間")]
_TRIES = [(str(count), f"{count}回") for count in (1, 2, 3, 4, 5)]
_NOTICE_HOURS = [("24", "1日"), ("48", "2日"), ("72", "3日"), ("168", "1週間")]


class ListForm(AppForm):
    """A list: what for, what is asked, by whom, when, how often, with which notice."""

    title = forms.CharField(label="名簿の名前", max_length=60, help_text="個人の名前は書かないでください。")
    purpose = forms.CharField(label="目的", max_length=200, required=False)
    question = forms.CharField(
        label="たずねること", max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text="電話でこのまま読めるように書きます。"
    )
    mode = forms.ChoiceField(label="かけ方", choices=WorkMode.choices(), widget=forms.RadioSelect)
    queue = forms.ChoiceField(label="受け持つ窓口")
    shown_number = forms.ChoiceField(label="相手に表示する番号", required=False)
    weekdays = forms.MultipleChoiceField(
        label="かける曜日",
        choices=[(str(day), name) for day, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "電話をかける曜日を、1つは選んでください。"},
    )
    first = forms.ChoiceField(label="何時から", choices=_HOURS[:-1])
    last = forms.ChoiceField(label="何時まで", choices=_HOURS[1:], help_text="20時から翌朝9時までは、だれにもかけません。")
    on_holidays = forms.BooleanField(label="祝日にもかける", required=False)
    max_tries = forms.ChoiceField(label="1人にかける回数", choices=_TRIES, help_text="つながらないとき、ここまでかけます。")
    pause_minutes = forms.ChoiceField(label="かけ直すまでの間隔", choices=_PAUSES)
    notice_channel = forms.ChoiceField(label="事前のお知らせ", choices=NoticeChannel.choices(), widget=forms.RadioSelect)
    notice_text = forms.CharField(
        label="お知らせの文面", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    notice_hours = forms.ChoiceField(label="お知らせから電話まで", choices=_NOTICE_HOURS)

    def __init__(self, *args: Any, centre_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = Queue.objects.filter(centre_id=centre_id, active=True).order_by("name").values_list("id", "name")
        self.fields["queue"].choices = [(str(one), name) for one, name in queues]  # type: ignore[attr-defined]
        numbers = Number.objects.filter(centre_id=centre_id, active=True).order_by("number").values_list("number", "label")
        self.fields["shown_number"].choices = [  # type: ignore[attr-defined]
            ("", "いつもの番号"), *((number, f"{phone_ja(number)} {label}") for number, label in numbers),
        ]  # fmt: skip

    def values(self) -> ListValues:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return ListValues(
            title=data["title"],
            question=data["question"],
            queue_id=UUID(data["queue"]),
            purpose=data["purpose"],
            mode=WorkMode(data["mode"]),
            shown_number=data["shown_number"],
            hours={day: [data["first"], data["last"]] for day in data["weekdays"]},
            on_holidays=data["on_holidays"],
            max_tries=int(data["max_tries"]),
            pause_minutes=int(data["pause_minutes"]),
            notice_channel=NoticeChannel(data["notice_channel"]),
            notice_text=data["notice_text"],
            notice_hours=int(data["notice_hours"]),
        )


def list_initial(row: FollowUpList | None) -> dict[str, Any]:
    """What a form shows first: a list, or what a new one begins with."""
    if row is None:
        return {
            "mode": WorkMode.PREVIEW.value, "weekdays": list("01234"), "first": "10:00", "last": "17:00", "max_tries": "3",
            "pause_minutes": "1440", "notice_channel": NoticeChannel.NONE.value, "notice_hours": "48",
            "question": "ご相談いただいた件は、その後どうなりましたか。約束どおり返金や解約は済みましたか。",
        }  # fmt: skip
    first, last = next(iter(row.hours.values()), ["10:00", "17:00"])
    return {
        "title": row.title, "purpose": row.purpose, "question": row.question, "mode": row.mode, "queue": str(row.queue_id),
        "shown_number": row.shown_number, "weekdays": list(row.hours), "first": first, "last": last,
        "on_holidays": row.on_holidays, "max_tries": str(row.max_tries), "pause_minutes": str(row.pause_minutes),
        "notice_channel": row.notice_channel, "notice_text": row.notice_text, "notice_hours": str(row.notice_hours),
    }  # fmt: skip


class PickForm(AppForm):
    """Which closed cases are looked for."""

    requirement_marks = False
    closed_from = JapaneseDateField(label="処理が終わった日（から）", required=False)
    closed_to = JapaneseDateField(label="（まで）", required=False)
    result = forms.ChoiceField(label="処理結果", required=False)
    words = forms.CharField(label="件名・商品・キーワード", max_length=60, required=False, help_text="「屋根工事」など。空けておくと、すべてです。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(term.code, term.label) for term in code_lists()["result"].terms()]
        self.fields["result"].choices = [("", "すべて"), *found]  # type: ignore[attr-defined]


class ResultForm(AppForm):
    """What came of a call."""

    requirement_marks = False
    result = forms.ChoiceField(
        label="電話の結果",
        choices=[(one.value, one.label) for one in CHOSEN],
        widget=forms.RadioSelect,
        error_messages={"required": "電話の結果を選んでください。"},
    )
    again_at = moment_field("かけ直す日時", required=False, help_text="「後でかけ直す」のとき、本人と決めた日時を入れます。")
    answers = forms.CharField(
        label="聞いたこと", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class ChooseListForm(AppForm):
    requirement_marks = False
    of_list = forms.ChoiceField(label="入れる名簿", error_messages={"required": "名簿を選んでください。"})

    def __init__(self, *args: Any, lists: list[FollowUpList], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["of_list"].choices = [(str(row.id), row.title) for row in lists]  # type: ignore[attr-defined]
