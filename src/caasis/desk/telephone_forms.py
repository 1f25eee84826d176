"""Forms of the telephone's set-up: a number."""

from __future__ import annotations

from typing import Any

from django import forms

from caasis.kernel.actor import Actor
from caasis.platform.forms import AppForm
from caasis.queues.selectors import queues_of_centre
from caasis.telephony.models import Number
from caasis.telephony.selectors import flows_of_centre
from caasis.telephony.vocabulary import Toll


class NumberForm(AppForm):
    """A number that can be called, and what answers it."""

    requirement_marks = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    number = forms.CharField(label="電話番号", max_length=20, help_text="市外局番から入れます。例：022-000-1234")
    label = forms.CharField(label="名前", max_length=60, help_text="一覧と着信の画面に出ます。例：代表、188からの転送")
    toll = forms.ChoiceField(label="通話料金の種類", choices=[(one.value, one.label) for one in Toll])
    flow = forms.ChoiceField(
        label="自動応答", required=False, help_text="公開した自動応答だけが流れます。なければ、すぐに列へ入ります。"
    )
    queue = forms.ChoiceField(label="待つ列", required=False, help_text="自動応答が列を決めていないときに使います。")
    records = forms.BooleanField(label="通話を録音する（断った人の通話は録音しません）", required=False)
    active = forms.BooleanField(label="この番号で電話を受ける", required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flows = [(str(flow.id), flow.name) for flow in flows_of_centre(actor=actor)]
        queues = [(str(queue.id), queue.name) for queue in queues_of_centre(actor=actor) if queue.active]
        self.fields["flow"].choices = [("", "使わない（すぐに列へ入れる）"), *flows]  # type: ignore[attr-defined]
        self.fields["queue"].choices = [("", "センターのふだんの列"), *queues]  # type: ignore[attr-defined]


def number_initial(number: Number | None) -> dict[str, Any]:
    """What the form of a number begins with."""
    if number is None:
        return {"version": 0, "toll": Toll.ORDINARY.value, "records": True, "active": True}
    return {
        "version": number.version, "number": number.number, "label": number.label, "toll": number.toll,
        "flow": str(number.flow_id or ""), "queue": str(number.queue_id or ""), "records": number.records,
        "active": number.active,
    }  # fmt: skip
