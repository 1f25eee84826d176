"""Words of the queue: agents' states, kinds of channels, why somebody goes first. Reasons and skills are data: `codes/`."""

from __future__ import annotations

from caasis.kernel.labels import LabelledCode


class AgentState(LabelledCode):
    """F79: what an agent does now. Everything but OFFLINE is logged-in time."""

    OFFLINE = "offline", "オフライン"
    AVAILABLE = "available", "待機"
    RINGING = "ringing", "呼び出し中"
    TALKING = "talking", "通話中"
    WRAP_UP = "wrap_up", "後処理"
    BREAK = "break", "休憩"
    AWAY = "away", "離席"


class ChannelKind(LabelledCode):
    """By which way something waits. A call-back is a way of its own: nobody holds the line meanwhile."""

    PHONE = "phone", "電話"
    CALLBACK = "callback", "折り返し"
    VIDEO = "video", "ビデオ"
    CHAT = "chat", "チャット"
    WEB = "web", "Web"
    MAIL = "mail", "メール"
    LETTER = "letter", "文書"
    VISIT = "visit", "来訪"


#: Somebody is there and waits for the answer: these have a longest wait that a wallboard shows.
LIVE = frozenset({ChannelKind.PHONE, ChannelKind.VIDEO, ChannelKind.CHAT, ChannelKind.VISIT})
#: Given to an agent by rules. Everything else is taken by hand from the list on the desk.
GIVEN_OUT = frozenset({ChannelKind.PHONE, ChannelKind.CALLBACK, ChannelKind.VIDEO, ChannelKind.CHAT})


class PriorityReason(LabelledCode):
    """Why a work item goes before others that came earlier."""

    CUT_OFF = "cut_off", "通話が途中で切れた"
    TRANSFERRED = "transferred", "転送"
    WATCH_OVER = "watch_over", "見守り"
    CALLBACK = "callback", "折り返しの約束"
    REPEAT_CALLER = "repeat_caller", "かけ直し"


#: The reason of `away` that only the switchboard gives: the agent was rung and did not answer.
NO_ANSWER = "no_answer"
#: Reasons of `away` below this code count as work (K27).
WORK = "work"
