"""あっせん: its terms, how far it has come, what comes next, and when a consumer may be named to a business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from caasis.kernel.labels import LabelledCode


class Means(LabelledCode):
    PHONE = "phone", "電話"
    LETTER = "letter", "書面"
    MAIL = "mail", "メール"
    FAX = "fax", "FAX"
    MEETING = "meeting", "面談"


class Direction(LabelledCode):
    TO_BUSINESS = "to_business", "事業者へ"
    FROM_BUSINESS = "from_business", "事業者から"
    TO_CONSUMER = "to_consumer", "相談者へ"
    FROM_CONSUMER = "from_consumer", "相談者から"


class Step(LabelledCode):
    """Kinds of lines in the log of a mediation."""

    BEGUN = "begun", "あっせんを始めました"
    CONSENT = "consent", "本人の同意を記録しました"
    CONSENT_WITHDRAWN = "consent_withdrawn", "本人が同意を取り下げました"
    CONTACT = "contact", "連絡"
    LETTER = "letter", "文書を作りました"
    DEADLINE = "deadline", "回答期限を決めました"
    OFFER = "offer", "案が出ました"
    ANSWER = "answer", "案への返事"
    RESULT = "result", "結果を記録しました"
    REOPENED = "reopened", "結果を取り消しました"
    ONWARD = "onward", "次の機関へ進みました"
    ONWARD_RESULT = "onward_result", "次の機関の結果"


class Side(LabelledCode):
    """Whose offer it is."""

    BUSINESS = "business", "事業者"
    CONSUMER = "consumer", "相談者"
    CENTRE = "centre", "センターの案"


class OfferState(LabelledCode):
    WAITING = "waiting", "返事待ち"
    ACCEPTED = "accepted", "受け入れ"
    REFUSED = "refused", "断り"
    WITHDRAWN = "withdrawn", "取り下げ"


class Outcome(LabelledCode):
    SETTLED = "settled", "あっせん解決"
    FAILED = "failed", "あっせん不調"
    WITHDRAWN = "withdrawn", "相談者が取り下げ"


#: What a mediation's outcome says in the card's field 処理結果; a withdrawn one says nothing of it.
RESULT_OF = {Outcome.SETTLED: "mediation_settled", Outcome.FAILED: "mediation_failed"}


class FailedBecause(LabelledCode):
    """Why a mediation failed."""

    REFUSED = "refused", "事業者が応じない"
    UNREACHABLE = "unreachable", "事業者と連絡がとれない"
    APART = "apart", "双方の主張が離れたまま"
    FACTS = "facts", "事実を確かめられない"
    INSOLVENT = "insolvent", "事業者の倒産・廃業"
    LAW = "law", "法律の判断が必要"
    OTHER = "other", "その他"


class Body(LabelledCode):
    """Where a failed mediation may go on."""

    NCAC_ADR = "ncac_adr", "国民生活センターADR（紛争解決委員会）"
    PREFECTURE = "prefecture", "都道府県の苦情処理委員会・被害救済委員会"
    OTHER_ADR = "other_adr", "ほかのADR機関"
    COURT = "court", "裁判所（調停・訴訟）"


class OnwardState(LabelledCode):
    PREPARING = "preparing", "準備中"
    APPLIED = "applied", "申請した"
    ACCEPTED = "accepted", "手続き中"
    SETTLED = "settled", "和解・解決"
    FAILED = "failed", "不成立"
    NOT_TAKEN = "not_taken", "受け付けられず"
    WITHDRAWN = "withdrawn", "取り下げ"


ONWARD_OVER = frozenset({OnwardState.SETTLED, OnwardState.FAILED, OnwardState.NOT_TAKEN, OnwardState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides where a mediation stands. `due_on` is the day until which the business is to answer."""

    consent: bool = False
    contacted: bool = False
    answered: bool = False
    offers: int = 0
    open_offers: int = 0
    accepted: bool = False
    outcome: str = ""
    onward: int = 0
    onward_open: bool = False
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One place of the bar: `state` is done, now or ahead."""

    label: str
    state: str


def stages(standing: Standing) -> tuple[Stage, ...]:
    """How far the mediation has come. What was skipped (no offer, no answer) stays ahead until it ends."""
    over = bool(standing.outcome)
    done = [standing.consent, standing.contacted, standing.answered, standing.offers > 0, over]
    labels = ["本人の同意", "事業者に連絡", "事業者の回答", "案の話し合い", "結果"]
    if standing.onward:
        done.append(not standing.onward_open)
        labels.append("ADR・委員会")
    now = next((place for place, value in enumerate(done) if not value and not (over and place < 4)), None)
    return tuple(
        Stage(label, "done" if value else "now" if place == now else "ahead")
        for place, (label, value) in enumerate(zip(labels, done, strict=True))
    )


@dataclass(frozen=True, slots=True)
class Next:
    """What to do next: a sentence, the part of the page where it is done, and whether it is late."""

    sentence: str
    place: str
    late: bool = False


def next_action(standing: Standing, *, today: date) -> Next:
    """The one thing to do next."""
    if standing.outcome:
        if standing.onward_open:
            return Next("次の機関の結果を待っています。分かったら記録します。", "onward")
        if standing.outcome == Outcome.FAILED and not standing.onward:
            return Next("ADRや委員会へ進むかを、相談者と話し合います。", "onward")
        return Next("終わりました。相談カードの処理概要を確かめます。", "steps")
    if not standing.consent:
        return Next("事業者に名前を伝えてよいか、本人に確かめます。", "consent")
    if standing.accepted:
        return Next("案がまとまりました。結果と救済額を記録します。", "result")
    if standing.open_offers:
        return Next("案への返事を、相手に確かめます。", "offers")
    if not standing.contacted:
        return Next("事業者に連絡します。文書も作れます。", "steps")
    if standing.due_on is not None and not standing.answered and standing.due_on < today:
        return Next("回答期限を過ぎました。事業者に確かめます。", "steps", late=True)
    if not standing.answered:
        return Next("事業者の回答を待っています。" if standing.due_on else "事業者の回答期限を決めます。", "deadline")
    return Next("事業者の考えを相談者に伝え、案を話し合います。", "offers")
