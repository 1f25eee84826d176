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


class WorkMode(LabelledCode):
    """How a list is worked."""

    PREVIEW = "preview", "相談員が1人ずつ見てかける"
    PROGRESSIVE = "progressive", "手が空いた人に順に回す"


class ListState(LabelledCode):
    """The life of a list."""

    DRAFT = "draft", "準備中"
    RUNNING = "running", "実施中"
    PAUSED = "paused", "中断"
    ENDED = "ended", "終了"


class NoticeChannel(LabelledCode):
    """How somebody is told that the centre is going to call."""

    NONE = "none", "送らない"
    LETTER = "letter", "郵便（センターで出す）"
    SMS = "sms", "SMS（接続が必要）"


class EntryState(LabelledCode):
    """Where one person of a list stands. The last five are ends."""

    WAITING = "waiting", "待っています"
    CALLING = "calling", "かけています"
    ASKED = "asked", "結果の記入待ち"
    DONE = "done", "聞けました"
    REFUSED = "refused", "断られました"
    UNREACHABLE = "unreachable", "つながりませんでした"
    WRONG_NUMBER = "wrong_number", "番号違い"
    SKIPPED = "skipped", "かけません"


#: A number has one of these at most in a centre.
ENTRY_OPEN = frozenset({EntryState.WAITING, EntryState.CALLING, EntryState.ASKED})


class FollowUpResult(LabelledCode):
    """What came of one call."""

    SETTLED = "settled", "解決していた"
    TROUBLED = "troubled", "まだ困っている"
    LATER = "later", "後でかけ直す"
    NO_ANSWER = "no_answer", "留守・出ない"
    BUSY = "busy", "話し中"
    NOT_THE_PERSON = "not_the_person", "本人以外が出た"
    WRONG_NUMBER = "wrong_number", "番号違い"
    REFUSED = "refused", "今後の電話を断る"
    FAILED = "failed", "発信できなかった"


#: What a person chooses; that a call could not be made is known by itself.
CHOSEN = tuple(one for one in FollowUpResult if one is not FollowUpResult.FAILED)


class NotCalled(LabelledCode):
    """Why somebody is not called."""

    NO_PERSON = "no_person", "相談者の記録がありません"
    NO_CONSENT = "no_consent", "「その後の連絡」の同意がありません"
    CONSENT_ENDED = "consent_ended", "同意が取り消されたか、期限が過ぎました"
    ERASED = "erased", "個人情報が消去されています"
    NO_NUMBER = "no_number", "電話番号がありません"
    NUMBER = "number", "かけられない番号です"
    REFUSED = "refused", "今後の電話を断られた番号です"
    OTHER_LIST = "other_list", "同じ番号が、ほかで順番を待っています"
    SAME_LIST = "same_list", "この名簿に、もう入っています"
    REMOVED = "removed", "名簿から外しました"
    LIST_ENDED = "list_ended", "名簿が終わりました"


class TalkState(LabelledCode):
    """The life of a talk by video. The last three are ends."""

    BOOKED = "booked", "予約"
    WAITING = "waiting", "相談者が待っています"
    TALKING = "talking", "相談中"
    ENDED = "ended", "終わりました"
    CANCELLED = "cancelled", "取りやめ"
    MISSED = "missed", "相談者が来ませんでした"


#: The consumer's link leads into these.
OPEN_TALKS = frozenset({TalkState.BOOKED, TalkState.WAITING, TalkState.TALKING})


class Consent(LabelledCode):
    """What the consumer said about being recorded, before she came in."""

    AGREED = "agreed", "録音してよい"
    REFUSED = "refused", "録音しない"


class Side(LabelledCode):
    """Whose browser it is."""

    CONSUMER = "consumer", "相談者"
    AGENT = "agent", "相談員"


class SignalKind(LabelledCode):
    """What the two browsers tell each other about the picture. The counsellor's alone makes offers, so none can collide."""

    READY = "ready", "画面を開きました"
    OFFER = "offer", "映像の申し出"
    ANSWER = "answer", "映像の返事"


#: Who may say what.
MAY_SAY = {
    Side.CONSUMER: frozenset({SignalKind.READY, SignalKind.ANSWER}),
    Side.AGENT: frozenset({SignalKind.READY, SignalKind.OFFER}),
}


class BookingWay(LabelledCode):
    """How somebody who booked is talked with. A talk by video has its own booking, with one counsellor."""

    VISIT = "visit", "来所して相談"
    PHONE = "phone", "電話で相談"


class BookingState(LabelledCode):
    """The life of a booking. The last three are ends."""

    BOOKED = "booked", "予約中"
    CANCELLED = "cancelled", "取り消し"
    KEPT = "kept", "相談した"
    MISSED = "missed", "来なかった"


#: A seat stands taken in these.
TAKING = frozenset({BookingState.BOOKED, BookingState.KEPT, BookingState.MISSED})
