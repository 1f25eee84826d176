"""States and codes of education events, their sign-ups, and lectures that are asked for."""

from __future__ import annotations

from caasis.kernel.labels import LabelledCode


class EventState(LabelledCode):
    """The life of an event. The last two are ends."""

    DRAFT = "draft", "準備中"
    OPEN = "open", "受付中"
    CLOSED = "closed", "受付終了"
    HELD = "held", "開催しました"
    CANCELLED = "cancelled", "中止"


#: What everybody may read on the portal.
PUBLIC_STATES = frozenset({EventState.OPEN, EventState.CLOSED, EventState.HELD, EventState.CANCELLED})
#: Not over yet.
OPEN_EVENTS = frozenset({EventState.DRAFT, EventState.OPEN, EventState.CLOSED})


class Audience(LabelledCode):
    """For whom an event or a piece of teaching material is."""

    ANYBODY = "anybody", "どなたでも"
    ELDERLY = "elderly", "高齢の方・見守る方"
    YOUNG = "young", "若い方"
    SCHOOL = "school", "学校・保護者"
    BUSINESS = "business", "事業者"


class Access(LabelledCode):
    """What is ready at an event for whoever needs it."""

    SIGN_LANGUAGE = "sign_language", "手話通訳"
    CAPTIONS = "captions", "要約筆記"
    WHEELCHAIR = "wheelchair", "車いすで入れます"
    CHILDCARE = "childcare", "託児"


class SignUpState(LabelledCode):
    """Where somebody stands who signed up."""

    CONFIRMED = "confirmed", "席を取りました"
    WAITING = "waiting", "キャンセル待ち"
    CANCELLED = "cancelled", "取りやめ"


#: A sign-up that still counts.
STANDING = frozenset({SignUpState.CONFIRMED, SignUpState.WAITING})


class LectureState(LabelledCode):
    """What became of a lecture that was asked for. The last two are ends."""

    NEW = "new", "返事待ち"
    ACCEPTED = "accepted", "引き受けました"
    DECLINED = "declined", "お断りしました"
    HELD = "held", "実施しました"


class PartOfDay(LabelledCode):
    """About when, on the wished days."""

    ANY = "any", "いつでもよい"
    MORNING = "morning", "午前"
    AFTERNOON = "afternoon", "午後"
    EVENING = "evening", "夜間"


class Theme(LabelledCode):
    """What a lecture is to be about."""

    ELDERLY = "elderly", "高齢者の被害を防ぐ（訪問販売・電話勧誘・点検商法）"
    NET = "net", "インターネットの買い物・定期購入"
    MONEY = "money", "もうけ話・投資・副業"
    IMPOSTOR = "impostor", "架空請求・還付金・偽メール"
    ADULTHOOD = "adulthood", "18歳からの契約"
    WATCHING = "watching", "見守りと、気づいたときのつなぎ方"
    OTHER = "other", "そのほか"
