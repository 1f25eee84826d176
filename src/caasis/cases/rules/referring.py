"""助言・共同処理・移送 between centres: the kinds, the lawful bases, the minimum set, and what a form must say.

Pure: a form goes in as plain values, sentences come out. Laws stand with their articles in `codes/referral_basis.csv`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class ReferralKind(StrEnum):
    """What is asked of the other centre."""

    ADVICE = "advice"
    JOINT = "joint"
    TRANSFER = "transfer"

    @property
    def label(self) -> str:
        return {"advice": "助言", "joint": "共同処理", "transfer": "移送"}[self.value]

    @property
    def explanation(self) -> str:
        return {
            "advice": "個人情報なしで見てもらい、考えを聞きます。担当は変わりません。",
            "joint": "両方のセンターで対応します。担当と件数は、こちらに残ります。",
            "transfer": "担当を相手に渡します。件数も相手に移り、こちらは記録を読むだけになります。",
        }[self.value]

    @property
    def route(self) -> str:
        """Code of the list `route` with which the receiving centre counts how the case came."""
        return {"advice": "via_advice", "joint": "via_joint", "transfer": "via_transfer"}[self.value]


class ReferralState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    MOVED = "moved"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    ReferralState.SENT: "返事待ち",
    ReferralState.ACCEPTED: "引き受け中",
    ReferralState.ANSWERED: "回答ずみ",
    ReferralState.RETURNED: "返却",
    ReferralState.WITHDRAWN: "取り消し",
    ReferralState.ENDED: "共有終了",
    ReferralState.MOVED: "移送ずみ",
}

#: While one of these holds, the receiving centre may read the case.
RUNNING = frozenset({ReferralState.SENT, ReferralState.ACCEPTED, ReferralState.ANSWERED})
#: No answer is expected any more; the form and what was said stay readable on both sides.
CLOSED = frozenset(ReferralState) - RUNNING

#: Fields of a person that may be ticked, in the order of the form; telephone and mail belong to the contact points.
PASSABLE = {
    "name": "氏名",
    "kana": "ふりがな",
    "phone": "電話番号",
    "mail": "メールアドレス",
    "postcode": "郵便番号",
    "address": "住所",
    "contact_note": "連絡のしかた",
}

NO_PERSONAL_DATA = "no_personal_data"
CONSENT = "consent"
COUNCIL = "council"
MUNICIPAL = "municipal"
DANGER = "danger"
DEMAND = "demand"
BASES = (NO_PERSONAL_DATA, CONSENT, COUNCIL, MUNICIPAL, DANGER, DEMAND)

CONSENT_BY = {"consumer": "相談者本人", "contract_party": "契約当事者", "guardian": "法定代理人・後見人"}
CONSENT_MEANS = {"phone": "電話で聞いた", "visit": "対面で聞いた", "web": "Web・メールで届いた", "letter": "書面で届いた"}

LONGEST = 2_000
SHORTEST = 5


@dataclass(frozen=True, slots=True)
class ReferralForm:
    """What a person filled in, cleaned. `passed` are names of PASSABLE."""

    kind: ReferralKind
    basis: str
    reason: str
    request: str
    passed: tuple[str, ...] = ()
    consent_by: str = ""
    consent_on: date | None = None
    consent_means: str = ""
    basis_document: str = ""
    handed_back: bool = field(default=False)


def problems_of(form: ReferralForm, *, today: date, known: Collection[str]) -> dict[str, list[str]]:
    """What must be mended before a referral may leave: field → sentences. Empty when it may.

    `known` names the person's fields that hold something: nothing else can be passed on.
    """
    found: dict[str, list[str]] = {}
    for name, words in (("reason", "理由"), ("request", "お願いしたいこと")):
        text = getattr(form, name)
        if len(text) < SHORTEST:
            found[name] = [f"{words}を{SHORTEST}字以上で書いてください。"]
        elif len(text) > LONGEST:
            found[name] = [f"{words}は{LONGEST:,}字までです。短くしてください。"]
    if not set(form.passed) <= PASSABLE.keys():
        found["passed"] = ["渡す項目を選び直してください。"]
    elif form.kind is ReferralKind.ADVICE and form.passed:
        found["passed"] = ["助言では個人情報を渡せません。チェックを外してください。"]
    elif not set(form.passed) <= set(known):
        found["passed"] = ["記録のない項目は渡せません。チェックを外してください。"]
    found |= _problems_of_basis(form, today)
    return found


def _problems_of_basis(form: ReferralForm, today: date) -> dict[str, list[str]]:
    if form.basis not in BASES:
        return {"basis": ["渡してよい根拠を選んでください。"]}
    if form.basis == NO_PERSONAL_DATA:
        return {"basis": ["個人情報を渡すときは、根拠を選んでください。"]} if form.passed else {}
    found: dict[str, list[str]] = {}
    if form.basis == CONSENT:
        if form.consent_by not in CONSENT_BY:
            found["consent_by"] = ["だれが同意したかを選んでください。"]
        if form.consent_means not in CONSENT_MEANS:
            found["consent_means"] = ["どのように同意したかを選んでください。"]
        if form.consent_on is None:
            found["consent_on"] = ["同意した日を入れてください。"]
        elif form.consent_on > today:
            found["consent_on"] = ["同意した日は、きょうまでの日にしてください。"]
    elif form.basis == DEMAND and len(form.basis_document) < 2:
        found["basis_document"] = ["照会文書の番号と日付を入れてください。"]
    return found


def may_leave(kind: ReferralKind, *, state_is_editable: bool, registered_before: bool, running: Collection[str]) -> str:
    """Why a case can't be referred so now, in one sentence; empty when it can.

    A case that was registered once counts for its centre: it is never handed over. Only one hand-over runs at a time.
    """
    if ReferralKind.TRANSFER.value in running:
        return "移送の返事を待っています。先に取り消してください。"
    if kind is ReferralKind.TRANSFER:
        if registered_before:
            return "一度登録した相談は移送できません。共同処理を選んでください。"
        if not state_is_editable:
            return "決裁待ち・終わった相談は移送できません。状態を確かめてください。"
        if running:
            return "ほかの共有が続いています。終えてから移送してください。"
    return ""


def moves(state: str, kind: str, verb: str) -> ReferralState | None:
    """Where a verb leads from a state, or None where it can't be done."""
    return _MOVES.get((ReferralState(state), verb, ReferralKind(kind)))


def _moves() -> Mapping[tuple[ReferralState, str, ReferralKind], ReferralState]:
    s, k = ReferralState, ReferralKind
    table: dict[tuple[ReferralState, str, ReferralKind], ReferralState] = {}
    for kind in k:
        table[s.SENT, "withdraw", kind] = s.WITHDRAWN
        table[s.SENT, "return", kind] = s.RETURNED
    for state in (s.SENT, s.ACCEPTED, s.ANSWERED):
        # A question may be answered more than once.
        table[state, "answer", k.ADVICE] = s.ANSWERED
    table[s.SENT, "accept", k.JOINT] = s.ACCEPTED
    table[s.ACCEPTED, "say", k.JOINT] = s.ACCEPTED
    table[s.SENT, "accept", k.TRANSFER] = s.MOVED
    for kind in (k.ADVICE, k.JOINT):
        for state in (s.ACCEPTED, s.ANSWERED):
            table[state, "end", kind] = s.ENDED
    table[s.ANSWERED, "say", k.ADVICE] = s.ANSWERED
    return table


_MOVES = _moves()
