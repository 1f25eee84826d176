"""Terms of working together: help, response clocks, tasks, with their Japanese labels."""

from __future__ import annotations

from enum import StrEnum


class Trigger(StrEnum):
    """Why a case came to somebody else's notice: a colleague asked, or the centre's policy said so."""

    ASKED = "asked"
    BREACH = "breach"
    AMOUNT = "amount"
    INJURY = "injury"
    UNTAKEN = "untaken"

    @property
    def label(self) -> str:
        return _TRIGGERS[self]


_TRIGGERS = {
    Trigger.ASKED: "支援の要請",
    Trigger.BREACH: "目標の時間を過ぎた",
    Trigger.AMOUNT: "金額が大きい",
    Trigger.INJURY: "けが・事故",
    Trigger.UNTAKEN: "引き受けた人がいない",
}


class HelpReason(StrEnum):
    """What the counsellor needs help with. A code, so that it may stand in lists."""

    LAW = "law"
    BUSINESS = "business"
    DEMANDS = "demands"
    ABUSE = "abuse"
    INJURY = "injury"
    UNSURE = "unsure"

    @property
    def label(self) -> str:
        return _REASONS[self]


_REASONS = {
    HelpReason.LAW: "法律の判断に迷う",
    HelpReason.BUSINESS: "事業者との話が進まない",
    HelpReason.DEMANDS: "上の人と話したいと言われた",
    HelpReason.ABUSE: "暴言・長い電話でつらい",
    HelpReason.INJURY: "けが・命にかかわる",
    HelpReason.UNSURE: "そのほか・少し聞きたい",
}


class HelpState(StrEnum):
    """Life of a request: open until somebody settles it."""

    OPEN = "open"
    ANSWERED = "answered"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _HELP_STATES[self]


_HELP_STATES = {
    HelpState.OPEN: "待っています",
    HelpState.ANSWERED: "助言しました",
    HelpState.TAKEN: "引き受けました",
    HelpState.DECLINED: "受けられませんでした",
    HelpState.WITHDRAWN: "取り下げました",
}


class ClockKind(StrEnum):
    """What the consumer waits for."""

    FIRST = "first"
    NEXT = "next"
    CLOSE = "close"

    @property
    def label(self) -> str:
        return _CLOCKS[self]


_CLOCKS = {
    ClockKind.FIRST: "最初のお返事",
    ClockKind.NEXT: "次のお返事",
    ClockKind.CLOSE: "処理を終える",
}


class ClockStep(StrEnum):
    """What happened to a clock. The steps alone rebuild every figure."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    RETARGETED = "retargeted"
    BREACHED = "breached"
    STOPPED = "stopped"
    REVIVED = "revived"


class WaitingFor(StrEnum):
    """Whom the centre waits for while the clocks stand still."""

    CONSUMER = "consumer"
    BUSINESS = "business"

    @property
    def label(self) -> str:
        return "相談者の返事待ち" if self is WaitingFor.CONSUMER else "事業者の返事待ち"


class TaskKind(StrEnum):
    """Kinds of 予定."""

    CALL = "call"
    REMINDER = "reminder"
    FOLLOW_UP = "follow_up"
    MEDIATION = "mediation"
    ACCIDENT = "accident"
    DEBRIEF = "debrief"

    @property
    def label(self) -> str:
        return _TASKS[self][0]

    @property
    def icon(self) -> str:
        return _TASKS[self][1]


_TASKS = {
    TaskKind.CALL: ("折り返し・連絡", "call"),
    TaskKind.REMINDER: ("覚え", "notifications"),
    TaskKind.FOLLOW_UP: ("終わったあとの確認", "task_alt"),
    TaskKind.MEDIATION: ("あっせんの回答期限", "swap_horiz"),
    TaskKind.ACCIDENT: ("重大事故等の通知", "warning"),
    TaskKind.DEBRIEF: ("応対の振り返り", "group"),
}
#: Kinds that a person plans; the others come with what they belong to.
PLANNED = (TaskKind.CALL, TaskKind.REMINDER, TaskKind.FOLLOW_UP)


class Attempt(StrEnum):
    """How an attempt to call went."""

    REACHED = "reached"
    ABSENT = "absent"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong_number"
    LATER = "later"

    @property
    def label(self) -> str:
        return _ATTEMPTS[self]


_ATTEMPTS = {
    Attempt.REACHED: "話せた",
    Attempt.ABSENT: "不在",
    Attempt.BUSY: "話し中",
    Attempt.VOICEMAIL: "留守番電話",
    Attempt.LATER: "あとにしてと言われた",
    Attempt.WRONG_NUMBER: "番号が違う",
}


class Outcome(StrEnum):
    """What the follow-up after closing found."""

    HELD = "held"
    NOT_HELD = "not_held"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.HELD: "約束どおり履行された",
    Outcome.NOT_HELD: "まだ履行されていない",
    Outcome.UNKNOWN: "確かめられなかった",
}
