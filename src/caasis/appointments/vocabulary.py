"""States and codes of a call back."""

from __future__ import annotations

from caasis.kernel.labels import LabelledCode


class CallbackState(LabelledCode):
    """The life of a promise. The last four are ends."""

    WAITING = "waiting", "待っています"
    CALLING = "calling", "かけています"
    REACHED = "reached", "つながりました"
    NOT_REACHED = "not_reached", "つながりませんでした"
    CANCELLED = "cancelled", "取りやめ"
    EXPIRED = "expired", "期限が過ぎました"


#: A number has one of these at most in a centre.
OPEN = frozenset({CallbackState.WAITING, CallbackState.CALLING})


class AskedBy(LabelledCode):
    """By which way somebody asked to be called back."""

    FLOW = "flow", "自動応答で"
    WEB = "web", "Webで"
    STAFF = "staff", "職員が受けて"
    LINE_LOST = "line_lost", "通話が途切れて"


#: Offered by a queue, and only where it offers them; the others are somebody's word.
OFFERED = frozenset({AskedBy.FLOW, AskedBy.WEB})


class TryResult(LabelledCode):
    """What came of one call."""

    REACHED = "reached", "つながった"
    NO_ANSWER = "no_answer", "応答なし"
    BUSY = "busy", "話し中"
    VOICEMAIL = "voicemail", "留守番電話"
    WRONG_NUMBER = "wrong_number", "番号違い"
    REFUSED = "refused", "もう必要ない"
    FAILED = "failed", "発信できなかった"


class CancelReason(LabelledCode):
    """Why a promise was given up before it was kept."""

    ASKED = "asked", "本人の申し出"
    ANSWERED = "answered", "先に話ができた"
    MISTAKE = "mistake", "入力まちがい"
    FORGOTTEN = "forgotten", "個人情報の消去"
