"""Sorts, states and steps: the product's own terms. What a complaint or an incident is about is data, see `codes/`."""

from __future__ import annotations

from enum import StrEnum

from caasis.kernel.labels import LabelledCode


class Sort(StrEnum):
    """A complaint about our own handling (F61), or an incident (F64)."""

    COMPLAINT = "complaint"
    INCIDENT = "incident"

    @property
    def label(self) -> str:
        return {"complaint": "応対への苦情", "incident": "事故・障害"}[self.value]


class MatterState(StrEnum):
    """The four steps, in order."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ACTING = "acting"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    MatterState.OPEN: "受けた",
    MatterState.ACKNOWLEDGED: "受け止めを伝えた",
    MatterState.ACTING: "対策中",
    MatterState.CLOSED: "終了",
}


class Step(StrEnum):
    """Kinds of lines in the timeline of a matter."""

    RECORDED = "recorded"
    ACKNOWLEDGED = "acknowledged"
    CAUSES = "causes"
    DUTIES = "duties"
    MEASURE_ADDED = "measure_added"
    MEASURE_DONE = "measure_done"
    MEASURE_CHECKED = "measure_checked"
    NOTE = "note"
    RESTORED = "restored"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def label(self) -> str:
        return _STEP_LABELS[self]


_STEP_LABELS = {
    Step.RECORDED: "記録しました",
    Step.ACKNOWLEDGED: "受け止めを伝えました",
    Step.CAUSES: "原因を書きました",
    Step.DUTIES: "報告の要否を確かめました",
    Step.MEASURE_ADDED: "対策を決めました",
    Step.MEASURE_DONE: "対策を終えました",
    Step.MEASURE_CHECKED: "対策の効き目を確かめました",
    Step.NOTE: "経過を書きました",
    Step.RESTORED: "元に戻りました",
    Step.CLOSED: "終えました",
    Step.REOPENED: "もう一度開きました",
}


class SurveyState(LabelledCode):
    """A survey is written, runs, and is over. A running one can be written on; publishing makes the next edition."""

    DRAFT = "draft", "準備中"
    RUNNING = "running", "実施中"
    ENDED = "ended", "終了"


class SurveyChannel(LabelledCode):
    """By which way a consumer is asked: the one they came by."""

    STATUS = "status", "相談の状況のページ"
    SMS = "sms", "SMS"


class RequestState(LabelledCode):
    ASKED = "asked", "お願いした"
    ANSWERED = "answered", "回答があった"
    DECLINED = "declined", "答えないと言われた"
    EXPIRED = "expired", "期限が過ぎた"
    NOT_ASKED = "not_asked", "お願いしなかった"


class NotAsked(LabelledCode):
    """Why somebody is not asked, in the order in which it is looked at."""

    NOT_FINISHED = "not_finished", "取り下げ・重複・連絡がとれないなど"
    CONDUCT = "conduct", "迷惑行為の記録がある"
    CARE = "care", "内密・見守り・つらい気持ちへの配慮"
    SAMPLE = "sample", "抽出に当たらなかった"
    NO_WAY = "no_way", "届ける方法がない"
    NO_CONSENT = "no_consent", "アンケートの同意がない"
    NO_SMS = "no_sms", "SMSを送る準備がない"
    REFUSED = "refused", "今後は受け取らないと言われている"
    RECENTLY = "recently", "30日以内にお願いした"


class QuestionKind(LabelledCode):
    CSAT = "csat", "満足度（5段階）"
    NPS = "nps", "人にすすめたいか（0〜10）"
    CES = "ces", "手間の少なさ（7段階）"
    CHOICE = "choice", "選択"
    TEXT = "text", "自由に書く"
