"""Words of a call flow."""

from __future__ import annotations

from enum import StrEnum

from caasis.kernel.labels import LabelledCode

#: The keys of a telephone that a flow may ask for.
KEYS = "0123456789*#"
#: The same box again, or the next one: what follows where there is nothing to choose.
NEXT = "next"
NO_KEY = "no_key"
OTHER = "other"


class Channel(LabelledCode):
    """By which way somebody goes through a flow. The first two hear it, the others read it."""

    PHONE = "phone", "電話"
    VIDEO = "video", "ビデオ"
    WEB = "web", "Web"
    CHAT = "chat", "チャット"

    @property
    def is_heard(self) -> bool:
        return self in (Channel.PHONE, Channel.VIDEO)


class Opening(LabelledCode):
    """What the opening hours say of a moment."""

    OPEN = "open", "受付中"
    LUNCH = "lunch", "昼休み"
    CLOSED = "closed", "受付時間外"
    HOLIDAY = "holiday", "休業日"


class Origin(LabelledCode):
    """What is known of a call before anybody speaks: by which way it comes, who pays (F78), why a number is missing."""

    DIVERTED = "diverted", "別の番号から転送"
    HOTLINE_188 = "hotline_188", "消費者ホットライン188から"
    FREE = "free", "フリーダイヤル"
    NAVI = "navi", "ナビダイヤル"
    ORDINARY = "ordinary", "通常の番号"
    IP = "ip", "IP電話（050）"
    ANONYMOUS = "anonymous", "番号非通知"
    PAYPHONE = "payphone", "公衆電話"
    UNAVAILABLE = "unavailable", "番号が届かない"


class CountsAs(LabelledCode):
    """What a call is for the figures when the flow ends it without a person."""

    AFTER_HOURS = "after_hours", "受付時間外"
    SERVED_ITSELF = "served_itself", "自動応答で案内ずみ"


class Recording(StrEnum):
    """Whether this call may be recorded and written down. Nothing is recorded while it is UNTOLD or REFUSED."""

    UNTOLD = "untold"
    ALLOWED = "allowed"
    REFUSED = "refused"


class Phase(StrEnum):
    """What the flow waits for in its box."""

    PLAYING = "playing"
    WAITING = "waiting"  # for a key, or for nobody to press one
    ASKING = "asking"  # for the answer to a request
    MESSAGE = "message"  # for the end of a spoken message
    LINGERING = "lingering"  # a relay call: the words are said again after a pause
    QUEUED = "queued"
    TRANSFERRING = "transferring"
    ENDED = "ended"


class End(LabelledCode):
    """How a flow was left."""

    PERSON = "person", "人につながった"
    HUNG_UP = "hung_up", "案内して終わった"
    LEFT = "left", "相手が切った"


class NoteKind(LabelledCode):
    """What a flow notes for the record of the call. `detail` is a code, a key, or empty; never a number or a name."""

    CHOSE = "chose", "選んだ"
    NO_KEY = "no_key", "キー操作なし"
    LANGUAGE = "language", "ことば"
    RECORDING_ALLOWED = "recording_allowed", "録音を了解"
    RECORDING_REFUSED = "recording_refused", "録音を断った"
    MESSAGE_TOLD = "message_told", "臨時メッセージを流した"
    REFERRED = "referred", "他機関を案内した"
    EMERGENCY = "emergency", "緊急のキー"
    RELAY = "relay", "電話リレーサービス"
    COLLECTED = "collected", "番号を入力した"
    CALLBACK = "callback", "折り返しを受け付けた"
    BOOKED = "booked", "時間外の折り返しを受け付けた"
    LINK_SENT = "link_sent", "Webの案内を送った"
    IMPOSSIBLE = "impossible", "受け付けられなかった"
    PROMPT_FAILED = "prompt_failed", "音声を流せなかった"
    FLOW_FAILED = "flow_failed", "流れの不備で相談員へ"
