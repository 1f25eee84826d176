"""Words of routing. Codes are those of the queues; labels are what people read."""

from __future__ import annotations

from enum import StrEnum

from caasis.kernel.labels import LabelledCode


class Channel(LabelledCode):
    """By which way something waits. A call-back is a way of its own: nobody holds the line meanwhile."""

    PHONE = "phone", "電話"
    CALLBACK = "callback", "折り返し"
    VIDEO = "video", "ビデオ"
    CHAT = "chat", "チャット"
    WEB = "web", "Web"
    MAIL = "mail", "メール"
    LETTER = "letter", "文書"
    VISIT = "visit", "来訪"


class PriorityReason(LabelledCode):
    """Why work goes before other work that came a little earlier."""

    INJURY = "injury", "けが・健康被害"
    CUT_OFF = "cut_off", "通話が途中で切れた"
    TRANSFERRED = "transferred", "転送"
    WATCH_OVER = "watch_over", "見守り"
    REPEAT_CALLER = "repeat_caller", "かけ直し"
    CALLBACK = "callback", "折り返しの約束"


class AgentState(LabelledCode):
    """What an agent does now (F79)."""

    OFFLINE = "offline", "オフライン"
    AVAILABLE = "available", "待機"
    RINGING = "ringing", "呼び出し中"
    TALKING = "talking", "通話中"
    WRAP_UP = "wrap_up", "後処理"
    BREAK = "break", "休憩"
    AWAY = "away", "離席"


class Choice(StrEnum):
    """Whom of those who can take a piece of work it is given to."""

    SPECIALIST_FIRST = "specialist_first"
    LONGEST_IDLE = "longest_idle"


class Why(LabelledCode):
    """Why this work and why this agent; the words of an assignment's reasons."""

    WAITED = "waited", "先に待っていた"
    PRIORITY = "priority", "優先"
    PREFERRED = "preferred", "前に話した担当者"
    PARTNER = "partner", "応援のセンター"
    OTHER_SKILLS = "other_skills", "ほかのスキルが少ない"
    LEVEL = "level", "スキルの段階"
    IDLE = "idle", "待機が長い"


class OfferKind(LabelledCode):
    """What somebody who waits can be offered instead of waiting."""

    WEB_LINK = "web_link", "Webで相談する"
    CALLBACK = "callback", "順番のまま折り返しを受ける"
    PROMISED = "promised", "折り返しをお約束しています"
