"""Words of the telephone that the port and the records share."""

from __future__ import annotations

from enum import StrEnum

from caasis.kernel.labels import LabelledCode


class Capability(StrEnum):
    """What an engine can do; a screen hides what it can't."""

    SIP = "sip"
    WEBRTC = "webrtc"
    WHISPER = "whisper"
    INBAND_DTMF = "inband_dtmf"
    STEREO_RECORDING = "stereo_recording"
    SEALED_RECORDING = "sealed_recording"
    TAP = "tap"
    TRANSFER_AT_CARRIER = "transfer_at_carrier"


class Role(StrEnum):
    """What a leg is in its room. Who hears whom is said by roles."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    THIRD_PARTY = "third_party"
    BOT = "bot"


class Direction(StrEnum):
    """Who began a call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Presentation(StrEnum):
    """Why a caller's number is there or not (RFC 3323, RFC 3325 and the Japanese carriers' display names)."""

    ALLOWED = "allowed"
    ANONYMOUS = "anonymous"
    PAYPHONE = "payphone"
    UNAVAILABLE = "unavailable"


class LegPhase(StrEnum):
    """The life of a leg; it never goes back."""

    NEW = "new"
    RINGING = "ringing"
    EARLY_MEDIA = "early_media"
    ANSWERED = "answered"
    ENDED = "ended"


class EndCause(StrEnum):
    """Why a leg ended."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    MEDIA_TIMEOUT = "media_timeout"
    TRANSFERRED = "transferred"
    ENGINE_LOST = "engine_lost"


class DtmfWay(StrEnum):
    """How a digit was told."""

    EVENT = "rfc4733"
    INFO = "info"
    IN_BAND = "inband"
    SCREEN = "screen"


class PlayEnd(StrEnum):
    """Why sound ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    KEY = "dtmf"
    HANGUP = "hangup"
    ERROR = "error"


class Refusal(StrEnum):
    """Why a command was not carried out."""

    UNKNOWN_LEG = "unknown_leg"
    UNKNOWN_ROOM = "unknown_room"
    UNKNOWN_PLAY = "unknown_play"
    UNKNOWN_RECORDING = "unknown_recording"
    WRONG_PHASE = "wrong_phase"
    NOT_CAPABLE = "not_capable"
    NOT_PERMITTED = "not_permitted"
    UNREACHABLE = "unreachable"
    BAD_PROMPT = "bad_prompt"
    BAD_OFFER = "bad_offer"
    FULL = "full"


class Toll(LabelledCode):
    """F78: who pays for a call to a number, and by which way it comes."""

    ORDINARY = "ordinary", "通常の番号（かけた人が払う）"
    FREE = "free", "フリーダイヤル（センターが払う）"
    NAVI = "navi", "ナビダイヤル（かけた人が払う）"
    HOTLINE_188 = "hotline_188", "消費者ホットライン188から転送"
    IP = "ip", "IP電話（050）"


class CallPhase(LabelledCode):
    """Where a call is. Wrap-up belongs to an agent's part, after the call."""

    NEW = "new", "着信"
    FLOW = "flow", "自動応答中"
    WAITING = "waiting", "待っています"
    RINGING = "ringing", "呼び出し中"
    TALKING = "talking", "通話中"
    DIALLING = "dialling", "発信中"
    ENDED = "ended", "終わりました"


class CallResult(LabelledCode):
    """What a call came to, as its agent says in the wrap-up. An agent need not say it: "" is 未入力."""

    CONSULTED = "consulted", "相談を受けた"
    CONTINUED = "continued", "続きの相談"
    INFORMED = "informed", "案内のみ"
    REFERRED = "referred", "他機関を案内"
    NUISANCE = "nuisance", "無言・いたずら"
    WRONG_NUMBER = "wrong_number", "間違い電話"
    CUT_OFF = "cut_off", "途中で切れた"
    OTHER = "other", "その他"


#: What figures and screens say where nobody has said what a call came to.
NO_RESULT = "未入力"


def result_words(code: str) -> str:
    """The words for a code of CallResult. One that is known no more stands for itself."""
    return next((one.label for one in CallResult if one.value == code), code or NO_RESULT)


class Part(StrEnum):
    """Why somebody is in a call's room."""

    CUSTOMER = "customer"
    AGENT = "agent"
    CONSULTED = "consulted"
    OUTSIDE = "outside"
    MONITOR = "monitor"


class MonitorMode(LabelledCode):
    """F76: a supervisor hears, speaks to the agent only, or to everybody."""

    LISTEN = "listen", "モニタリング"
    WHISPER = "whisper", "ささやき"
    BARGE = "barge", "割り込み"


class RequestKind(StrEnum):
    """What the desk asks of the switchboard."""

    ANSWER = "answer"
    DECLINE = "decline"
    HANG_UP = "hang_up"
    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    TRANSFER = "transfer"
    CONSULT = "consult"
    COMPLETE_TRANSFER = "complete_transfer"
    CONFERENCE = "conference"
    CANCEL_CONSULT = "cancel_consult"
    ASK_HELP = "ask_help"
    KEYS = "keys"
    PAUSE_RECORDING = "pause_recording"
    RESUME_RECORDING = "resume_recording"
    REFUSE_RECORDING = "refuse_recording"
    MONITOR = "monitor"
    STOP_MONITOR = "stop_monitor"
    WRAP_UP_DONE = "wrap_up_done"
    WRAP_UP_LONGER = "wrap_up_longer"
    RESULT = "result"
    CALL = "call"
    CONNECT_BROWSER = "connect_browser"
    DISCONNECT_BROWSER = "disconnect_browser"
    #: A counsellor begins a talk by video; the consumer's page offers its sound, or ends the talk.
    VIDEO = "video"
    VIDEO_SOUND = "video_sound"
    VIDEO_END = "video_end"


class AlarmKind(LabelledCode):
    """F84: what a centre wants to be told about its telephone at once."""

    WAITING = "waiting", "待っている件数"
    LONGEST_WAIT = "longest_wait", "いちばん長い待ち"
    SERVICE_LEVEL = "service_level", "目安の時間内に応答した割合"
    NOBODY_AVAILABLE = "nobody_available", "出られる人がいない"
